/**
 * Sends a signal to a service, or to one process of its tree. CONT goes to every process of the
 * tree; any other signal to the service's own process, unless a pid is given.
 *
 * Only processes of live runs of this stack hear us: pid, start time and run token must agree. A
 * signal that would end a process which has no handler for it is refused: that is what
 * `service.restart` is for.
 */
import { constants } from 'node:os';
import { readProcessStat } from '@fettle/proc/process-stat';
import { z } from 'zod';
import { changed, noTarget, refused } from './act-error.ts';
import { plan, type ActParams, type Action } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import {
  isStillOurs,
  minds,
  processesOf,
  runOfPid,
  sendTo,
  type OwnProcess,
} from './own-processes.ts';
import { instancesOf, serviceOf, targetOf } from './supervised-service.ts';

const allowed = [
  'SIGCONT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGTERM',
  'SIGINT',
] as const;
type Allowed = (typeof allowed)[number];
/** End whoever has no handler, where that is not what is meant. */
const endsTheDeaf: readonly Allowed[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'];

const captured = z.object({
  processes: z.array(
    z.object({ pid: z.int(), startTicks: z.number(), token: z.string(), state: z.string() }),
  ),
});

export const processSignal: Action = {
  name: 'process.signal',
  describe: (params) => `send ${signalOf(params)} to ${whom(params)}`,
  plan(params, world) {
    const meant = pidsMeant(params, world);
    const pids = meant.map(({ pid }) => pid);
    const posixSignal = signalOf(params);
    const text = `send ${posixSignal} to ${whom(params)} (pid ${pids.join(', ') || 'none'})`;
    const command = `kill -${posixSignal.slice(3)} ${pids.join(' ')}`;
    return Promise.resolve(plan(text, command, [targetOf(params)]));
  },
  capture(params, world) {
    const meant = pidsMeant(params, world);
    if (meant.length === 0)
      throw noTarget(`${targetOf(params)} has no process`, 'Start it instead.');
    refuseDeaf(meant, signalOf(params));
    const processes = meant.map((one) => ({ ...one, state: stateOf(one.pid) }));
    return Promise.resolve({ processes });
  },
  apply(params, capture, { world }) {
    const posixSignal = signalOf(params);
    const reached: number[] = [];
    for (const one of captured.parse(capture).processes) {
      const view = instancesOf(world, targetOf(params)).find(({ token }) => token === one.token);
      if (view === undefined || !isStillOurs(one, view)) continue;
      sendTo(one.pid, posixSignal);
      reached.push(one.pid);
    }
    if (reached.length === 0) throw changed('the processes that were meant are gone');
    return Promise.resolve(`${posixSignal} was sent to pid ${reached.join(', ')}`);
  },
  undo: null,
  observe(params, capture, { world, key }) {
    if (world.deeds.state(key) === 'none') return Promise.resolve('not-done');
    if (signalOf(params) !== 'SIGCONT') return Promise.resolve('unknown');
    // To continue what runs changes nothing, so that it may be asked for again.
    const still = captured.parse(capture).processes.filter(({ pid, startTicks }) => {
      const stat = readProcessStat(pid);
      return stat?.startTicks === startTicks && stat.state === 'T';
    });
    return Promise.resolve(still.length === 0 ? 'done' : 'not-done');
  },
};

function whom(params: ActParams): string {
  const pid = params['pid'];
  return pid === undefined ? targetOf(params) : `pid ${String(pid)} of ${targetOf(params)}`;
}

/** @throws FettleError E-ACT-REFUSED. */
function signalOf(params: ActParams): Allowed {
  const word = String(params['signal'] ?? '').toUpperCase();
  const name = word.startsWith('SIG') ? word : `SIG${word}`;
  const found = allowed.find((one) => one === name);
  if (found !== undefined) return found;
  throw refused(`${name} is no signal to send`, `One of ${allowed.join(', ')}.`);
}

function pidsMeant(params: ActParams, world: ActionWorld): readonly OwnProcess[] {
  const { name } = serviceOf(world, targetOf(params));
  const only = params['pid'];
  const trees = instancesOf(world, name).map(processesOf);
  if (only !== undefined) {
    const found = trees.flat().filter(({ pid }) => pid === only);
    if (found.length > 0) return found;
    const owner = runOfPid(world, Number(only))?.instance ?? 'no run of this stack';
    throw noTarget(`pid ${String(only)} belongs to ${owner}, not to ${name}`, 'Look again.');
  }
  if (signalOf(params) === 'SIGCONT') return trees.flat();
  return trees.flatMap(([first]) => first ?? []);
}

function refuseDeaf(meant: readonly OwnProcess[], posixSignal: Allowed): void {
  if (!endsTheDeaf.includes(posixSignal)) return;
  for (const { pid } of meant) {
    if (minds(pid, constants.signals[posixSignal]) !== false) continue;
    const hint = 'Restart it instead: it has no handler for that signal.';
    throw refused(`${posixSignal} would end pid ${pid}`, hint);
  }
}

function stateOf(pid: number): string {
  return readProcessStat(pid)?.state ?? '?';
}
