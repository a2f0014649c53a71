/**
 * The post: one message per incident and receiver, in order, tried for a day.
 *
 * Each change of an incident is an event with the same subject and a higher sequence, so that a
 * receiver edits what it showed. What still waits when a newer one comes is left out: the newer
 * one tells it all. A failed attempt is followed by another after an exponential wait with full
 * jitter; after 24 hours it is given up. Only receivers that the config names are ever called.
 */
import type { Incident } from '@fettle/core/incident/incident';
import type { NotifyTarget } from '@fettle/core/stack/heal-wish';
import type { Stack } from '@fettle/core/stack/service';
import { backoffMs, jitteredMs } from '@fettle/sdk/backoff';
import type { Store } from '../../store.ts';
import { allNotifiers } from './all.ts';
import { openDeliveryLog, receiverOf, shownUrl, type Delivery } from './delivery-log.ts';
import { incidentEvent, type IncidentChange } from './incident-event.ts';
import type { Notifier, Sent } from './notifier.ts';

export type PostOptions = Readonly<{
  stack: () => Stack | null;
  store: Pick<Store, 'keepRecords' | 'records'>;
  env: Readonly<Record<string, string | undefined>>;
  /** Base URL of the dashboard. */
  url: () => string | null;
  /** Wall clock; unless told, the machine's. */
  nowMs?: () => number;
  /** [0, 1) */
  random?: () => number;
  /** Of the waits between attempts; 1 s to 15 min unless told. */
  backoff?: Readonly<{ baseMs: number; maxMs: number }>;
  notifiers?: readonly Notifier[];
  /** A message was given up, or cannot be kept. */
  onTrouble: (text: string) => void;
}>;

export type Post = Readonly<{
  tell(incident: Incident, change: IncidentChange): void;
  /** Oldest first; bodies are left out. */
  deliveries(): readonly Omit<Delivery, 'body'>[];
  stop(): Promise<void>;
}>;

const defaultBackoff = { baseMs: 1_000, maxMs: 15 * 60_000 };
const longestMs = 24 * 3_600_000;
const attemptMs = 10_000;
const maxUnderWay = 4;
/** setTimeout takes no more. */
const longestWaitMs = 2 ** 31 - 1;

export function openPost(options: PostOptions): Post {
  const { onTrouble, stack } = options;
  const nowMs = options.nowMs ?? Date.now;
  const log = openDeliveryLog(options.store, nowMs);
  const underWay = new Map<string, Promise<void>>();
  const ending = new AbortController();
  let timer: NodeJS.Timeout | null = null;

  const keep = (...rows: readonly Delivery[]): void => {
    try {
      log.put(rows);
    } catch (error) {
      onTrouble(`a delivery cannot be kept: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  };
  const end = (row: Delivery, state: Delivery['state'], more: Partial<Delivery> = {}): void => {
    keep({ ...row, ...more, state, endedMs: nowMs() });
    if (state === 'given-up') onTrouble(`${row.shown} was not told of ${row.id}: ${more.error}`);
  };
  const laneOf = ({ incidentId, receiver }: Delivery): string => `${incidentId}@${receiver}`;

  const attempt = async (row: Delivery): Promise<void> => {
    const target = targetOf(row, stack());
    if (target === undefined) return end(row, 'given-up', { error: 'it is configured no longer' });
    const sent = await send(row, target, options, ending.signal);
    if (ending.signal.aborted) return;
    settle(row, sent);
  };
  const settle = (row: Delivery, sent: Sent): void => {
    const attempts = row.attempts + 1;
    const { status } = sent;
    if (sent.kind === 'delivered') return end(row, 'delivered', { attempts, status, error: null });
    const error = sent.kind === 'gone' ? 'it wants no more messages (410)' : sent.error;
    const backoff = options.backoff ?? defaultBackoff;
    const ownMs = jitteredMs(backoffMs(backoff, attempts - 1), (options.random ?? Math.random)());
    const asked = sent.kind === 'failed' ? sent.afterMs : null;
    const nextMs = nowMs() + Math.max(ownMs, asked ?? 0);
    if (sent.kind === 'gone' || nextMs > row.createdMs + longestMs)
      return end(row, 'given-up', { attempts, status, error });
    keep({ ...row, attempts, status, error, nextMs });
  };
  const work = (): void => {
    timer = null;
    if (ending.signal.aborted) return;
    for (const row of due(log.all(), nowMs())) {
      const lane = laneOf(row);
      if (underWay.has(lane) || underWay.size >= maxUnderWay) continue;
      const done = attempt(row).finally(() => {
        underWay.delete(lane);
        arm();
      });
      underWay.set(lane, done);
    }
    arm();
  };
  const arm = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const waiting = log
      .all()
      .filter((row) => row.state === 'waiting' && !underWay.has(laneOf(row)));
    if (ending.signal.aborted || waiting.length === 0 || underWay.size >= maxUnderWay) return;
    const nextMs = Math.min(...waiting.map((row) => row.nextMs));
    timer = setTimeout(work, Math.min(longestWaitMs, Math.max(0, nextMs - nowMs()))).unref();
  };
  arm();
  return {
    tell(incident, change) {
      const rows = rowsFor(incident, change, { options, nowMs: nowMs(), known: log.all() });
      for (const older of log.all()) {
        const isOlder = rows.some((row) => laneOf(row) === laneOf(older));
        if (isOlder && older.state === 'waiting' && !underWay.has(laneOf(older)))
          end(older, 'superseded');
      }
      keep(...rows);
      arm();
    },
    deliveries: () => log.all().map(({ body: _body, ...row }) => row),
    async stop() {
      ending.abort();
      if (timer !== null) clearTimeout(timer);
      await Promise.allSettled(underWay.values());
    },
  };
}

/** Per incident and receiver the first that waits; whatever else waits there is newer. */
function due(rows: readonly Delivery[], nowMs: number): readonly Delivery[] {
  const first = new Map<string, Delivery>();
  for (const row of rows) {
    if (row.state !== 'waiting') continue;
    const lane = `${row.incidentId}@${row.receiver}`;
    const known = first.get(lane);
    if (known === undefined || row.sequence < known.sequence) first.set(lane, row);
  }
  return [...first.values()].filter(({ nextMs }) => nextMs <= nowMs);
}

type Drafting = Readonly<{ options: PostOptions; nowMs: number; known: readonly Delivery[] }>;

function rowsFor(
  incident: Incident,
  change: IncidentChange,
  { options, nowMs, known }: Drafting,
): readonly Delivery[] {
  const stack = options.stack();
  const own = known.filter(({ incidentId }) => incidentId === incident.id);
  const sequence = Math.max(0, ...own.map((row) => row.sequence)) + 1;
  const url = options.url();
  const event = incidentEvent(incident, {
    change,
    sequence,
    stack: stack?.name ?? 'fettle',
    nowMs,
    url,
  });
  return (stack?.notify ?? []).map(({ webhook }) => ({
    id: `${event.id}@${receiverOf(webhook)}`,
    incidentId: incident.id,
    change,
    sequence,
    receiver: receiverOf(webhook),
    shown: shownUrl(webhook),
    state: 'waiting',
    attempts: 0,
    status: null,
    error: null,
    createdMs: nowMs,
    nextMs: nowMs,
    endedMs: null,
    body: JSON.stringify(event),
  }));
}

function targetOf({ receiver }: Delivery, stack: Stack | null): NotifyTarget | undefined {
  return stack?.notify?.find(({ webhook }) => receiverOf(webhook) === receiver);
}

async function send(
  row: Delivery,
  { webhook, secretEnv }: NotifyTarget,
  options: PostOptions,
  ending: AbortSignal,
): Promise<Sent> {
  const secret = secretEnv === null ? null : (options.env[secretEnv] ?? '');
  // Unsigned where a signature was asked for would be worse than late.
  if (secret === '')
    return { kind: 'failed', status: null, error: `${secretEnv} is not set`, afterMs: null };
  const [notifier] = options.notifiers ?? allNotifiers;
  const signal = AbortSignal.any([ending, AbortSignal.timeout(attemptMs)]);
  const nowMs = (options.nowMs ?? Date.now)();
  const { id: _id, body } = row;
  const id = `${row.incidentId}.${row.sequence}`;
  if (notifier === undefined)
    return { kind: 'failed', status: null, error: 'no notifier', afterMs: null };
  return notifier.send({ id, body, to: webhook, secret, nowMs, signal });
}
