/**
 * Which processes are ours to touch. A pid is a name that is given anew: it counts only together
 * with its start time, and only while the process carries a run token of this stack.
 *
 * Between the last look and the signal lies less than a millisecond in which a pid could be given
 * anew; Node has no pidfd. The kernel hands pids out in turn, so one comes back after thousands.
 */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { belongsToRun } from '@fettle/proc/attest';
import { readRunToken } from '@fettle/proc/process-command';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { readSmallText } from '@fettle/proc/small-file';
import { processesOfRun } from '@fettle/proc/process-tree';
import { refused } from './act-error.ts';
import type { ActionWorld } from './action-world.ts';

export type OwnProcess = Readonly<{ pid: number; startTicks: number; token: string }>;

/** The processes of an instance's live run without its shim, the service's own first. */
export function processesOf(view: InstanceView): readonly OwnProcess[] {
  const { token, pid, shimPid } = view;
  if (token === null) return [];
  const groups = [pid, shimPid].filter((one) => one !== null);
  const pids = [...processesOfRun(token, groups)].filter((one) => one !== shimPid);
  return pids
    .toSorted((a, b) => Number(b === pid) - Number(a === pid) || a - b)
    .flatMap((one) => identify(one, token) ?? []);
}

function identify(pid: number, token: string): OwnProcess | null {
  const stat = readProcessStat(pid);
  return isLive(stat) ? { pid, startTicks: stat.startTicks, token } : null;
}

/** The run whose processes may be meant by `pid`; null: none of this stack's live runs. */
export function runOfPid(world: ActionWorld, pid: number): InstanceView | null {
  const runs = world.link.instances().filter(({ token }) => token !== null);
  return runs.find((view) => processesOf(view).some((one) => one.pid === pid)) ?? null;
}

/** Does it still stand as it was captured, and does it belong to that run? */
export function isStillOurs({ pid, startTicks, token }: OwnProcess, view: InstanceView): boolean {
  const stat = readProcessStat(pid);
  if (!isLive(stat) || stat.startTicks !== startTicks || view.token !== token) return false;
  const own = readRunToken(pid);
  // A process that erased its environment is known by its ancestors; another run's token never is.
  if (own !== null) return own === token;
  return belongsToRun(
    pid,
    token,
    [view.pid, view.shimPid].filter((one) => one !== null),
  );
}

/** The very process that was looked at, and no other that was given its pid. */
export function isSameProcess(pid: number, startTicks: number): boolean {
  const stat = readProcessStat(pid);
  return isLive(stat) && stat.startTicks === startTicks;
}

/**
 * A run token of this stack begins with the state folder's hash. The supervisor's own shells that
 * start a crowd carry one that no run has (`supervisor/launcher.ts`).
 */
export function isOwnToken(world: ActionWorld, token: string | null): token is string {
  const hash = world.paths.hash.slice(0, 8);
  return token !== null && token.startsWith(hash) && !token.startsWith(`${hash}launcher-`);
}

/** @throws FettleError E-ACT-REFUSED. */
export function sendTo(pid: number, posixSignal: NodeJS.Signals): void {
  if (pid <= 1 || pid === process.pid) throw refused(`pid ${pid} is not ours`, 'Look again.');
  try {
    process.kill(pid, posixSignal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refused(`pid ${pid} takes no ${posixSignal} (${code})`, 'It has ended, or is not ours.');
  }
}

/** Has the process a handler for the signal, or does it ignore it? null: not readable. */
export function minds(pid: number, signalNumber: number): boolean | null {
  const status = readSmallText(`/proc/${pid}/status`);
  if (status === null) return null;
  const bit = 1n << BigInt(signalNumber - 1);
  const mask = (key: string): bigint =>
    BigInt(`0x${new RegExp(`^${key}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0'}`);
  return ((mask('SigCgt') | mask('SigIgn')) & bit) !== 0n;
}
