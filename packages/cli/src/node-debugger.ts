/**
 * Opens the debugger of a Node process that runs already, on a port of our choice.
 *
 * SIGUSR1 makes Node listen, but always on the same port, so that only one process of a machine
 * could be looked at. The debugger's own protocol lets us tell the process to listen elsewhere.
 * Source: nodejs.org, "Debugging Node.js" and `node:inspector`; Chrome DevTools Protocol, Runtime.
 */
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { processHoldsInode } from '@fettle/proc/inode-owner';
import { listListeners } from '@fettle/proc/listeners';
import { ownerOfPort } from '@fettle/proc/port-owner';
import { readArguments } from '@fettle/proc/process-command';
import { processTree } from '@fettle/proc/process-tree';
import { FettleError } from '@fettle/sdk/fettle-error';
import { pauseMs } from './pause.ts';

/** Node's own choice, for a moment; another process may hold it. */
const firstPort = 9_229;
const openMs = 5_000;
const answerMs = 1_000;
const lookMs = 25;
/** Each wait here has its own short limit. */
const never = new AbortController().signal;

/** The first Node process at or below `pid`; null: none. SIGUSR1 would end anything else. */
export function findNode(pid: number): number | null {
  for (const one of [...processTree(pid)].toSorted((a, b) => a - b)) if (isNode(one)) return one;
  return null;
}

function isNode(pid: number): boolean {
  try {
    if (!/^node(js)?\d*$/.test(basename(readlinkSync(`/proc/${pid}/exe`)))) return false;
  } catch {
    return false;
  }
  return readArguments(pid)?.includes('--disable-sigusr1') !== true;
}

/** @returns the URL to attach to. @throws FettleError E-INSPECT. */
export async function openDebugger(pid: number, port: number): Promise<string> {
  const there = await debuggerPort(pid);
  if (there === port) return urlOn(port);
  const owner = ownerOfPort(port, '127.0.0.1');
  if (owner !== null && owner.pid !== pid)
    throw refused(`port ${port} is held by pid ${owner.pid ?? '?'}`, 'choose another with --port');
  let from = there;
  if (from === null) {
    process.kill(pid, 'SIGUSR1');
    from = await waitForPort(pid, null);
  }
  if (from === port) return urlOn(port);
  await tell(from, `i.close(); i.open(${port}, '127.0.0.1')`);
  await waitForPort(pid, port);
  return urlOn(port);
}

/** @returns false: it was not open. */
export async function closeDebugger(pid: number): Promise<boolean> {
  const port = await debuggerPort(pid);
  if (port === null) return false;
  await tell(port, 'i.close()');
  const untilMs = performance.now() + openMs;
  while ((await debuggerPort(pid)) !== null && performance.now() < untilMs)
    await pauseMs(lookMs, never);
  return true;
}

async function waitForPort(pid: number, wanted: number | null): Promise<number> {
  const untilMs = performance.now() + openMs;
  while (performance.now() < untilMs) {
    const port = await debuggerPort(pid);
    if (port !== null && (wanted === null || port === wanted)) return port;
    await pauseMs(lookMs, never);
  }
  const holder = ownerOfPort(firstPort, '127.0.0.1')?.pid ?? null;
  const why = holder === null || holder === pid ? '' : `; pid ${holder} holds port ${firstPort}`;
  throw refused(
    `the debugger of pid ${pid} did not open within ${openMs / 1_000} s${why}`,
    holder === null ? 'look at its logs' : `end the debugging of pid ${holder} first`,
  );
}

/** Which of its ports speaks the debugger's protocol? */
async function debuggerPort(pid: number): Promise<number | null> {
  const own = (listListeners(0) ?? []).filter(
    ({ inode }) => processHoldsInode(pid, inode) === true,
  );
  for (const { port } of own) {
    try {
      const signal = AbortSignal.timeout(answerMs);
      const answer = await fetch(`http://127.0.0.1:${port}/json/version`, { signal });
      const { Browser } = (await answer.json()) as Readonly<{ Browser?: unknown }>;
      if (typeof Browser === 'string' && Browser.startsWith('node.js/')) return port;
    } catch {
      // Something else of the service: its own port.
    }
  }
  return null;
}

async function urlOn(port: number): Promise<string> {
  const signal = AbortSignal.timeout(answerMs);
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`, { signal });
  const [first] = (await answer.json()) as readonly Readonly<{ webSocketDebuggerUrl: string }>[];
  if (first !== undefined) return first.webSocketDebuggerUrl;
  throw refused(`the debugger on port ${port} names no target`, 'try again');
}

/** `i` is `node:inspector`. It acts after its answer, when we have hung up. */
async function tell(port: number, act: string): Promise<void> {
  const socket = new WebSocket(await urlOn(port));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(refused('it does not answer', 'try again')), openMs);
  const start = `setTimeout(() => { const i = process.getBuiltinModule('node:inspector'); ${act} }, 20)`;
  const params = { expression: `${start}, 0` };
  socket.addEventListener('open', () =>
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params })),
  );
  socket.addEventListener('message', () => resolve());
  socket.addEventListener('error', () => reject(refused('it hung up', 'try again')));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

function refused(message: string, hint: string): FettleError {
  return new FettleError('E-INSPECT', message, { hint, status: 409 });
}
