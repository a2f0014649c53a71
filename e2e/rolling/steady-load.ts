/**
 * Customers who arrive at a fixed rate whether they are answered or not (an open loop), so that a
 * moment without an answer shows as failures and not as a pause. Source: G. Tene, "How NOT to
 * Measure Latency".
 */
import { Agent, request } from 'node:http';

export type LoadResult = Readonly<{
  sent: number;
  ok: number;
  /** Without an answer that was asked for. */
  failed: number;
  /** Of these: the shop gave up waiting for itself. A machine that has too much to do does that. */
  late: number;
  /** The first few failures in words. */
  reasons: readonly string[];
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  perSecond: number;
}>;

export type SteadyLoad = Readonly<{
  /** Ends it, waits for the last answers. */
  stop(): Promise<LoadResult>;
}>;

const tickMs = 5;
const timeoutMs = 5_000;
const reasonsKept = 5;

export function startLoad(base: string, perSecond: number): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const beganMs = performance.now();
  const waiting = new Set<Promise<void>>();
  const durationsMs: number[] = [];
  const reasons: string[] = [];
  let sent = 0;
  let failed = 0;
  let late = 0;
  const visit = async (): Promise<void> => {
    const number = sent;
    sent += 1;
    const startMs = performance.now();
    const trouble = await ask(base, number, agent);
    if (trouble === null) durationsMs.push(performance.now() - startMs);
    else {
      failed += 1;
      if (/timeout|no answer in/.test(trouble)) late += 1;
      if (reasons.length < reasonsKept) reasons.push(trouble);
    }
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - beganMs) * perSecond) / 1_000);
    for (let missing = due - sent; missing > 0; missing -= 1) {
      const one: Promise<void> = visit().finally(() => waiting.delete(one));
      waiting.add(one);
    }
  }, tickMs);
  return {
    async stop() {
      clearInterval(timer);
      const seconds = (performance.now() - beganMs) / 1_000;
      await Promise.all(waiting);
      agent.destroy();
      const sorted = durationsMs.toSorted((a, b) => a - b);
      const at = (share: number): number =>
        Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
      const counts = { sent, ok: durationsMs.length, failed, late, reasons };
      const speeds = { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
      return { ...counts, ...speeds, perSecond: Math.round(sent / seconds) };
    },
  };
}

/** Every fourth is an order, which must not be taken twice and so is never simply repeated. */
function ask(base: string, number: number, agent: Agent): Promise<string | null> {
  const isOrder = number % 4 === 0;
  const path = isOrder ? '/api/orders' : '/api/orders?n=5';
  const options = { agent, method: isOrder ? 'POST' : 'GET', timeout: timeoutMs };
  return new Promise((resolve) => {
    const sent = request(new URL(path, base), options, (answer) => {
      const { statusCode = 0 } = answer;
      let said = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      answer.on('end', () =>
        resolve(statusCode < 400 ? null : `${path}: HTTP ${statusCode} ${said.slice(0, 120)}`),
      );
      answer.on('error', (cause) => resolve(`${path}: ${cause.message}`));
    });
    sent.on('timeout', () => sent.destroy(new TypeError(`no answer in ${timeoutMs} ms`)));
    sent.on('error', (cause) => resolve(`${path}: ${cause.message}`));
    sent.end(isOrder ? JSON.stringify({ sku: 'tea', amount: 1 }) : undefined);
  });
}
