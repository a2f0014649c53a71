/**
 * Kills a left-over of this stack: a process that carries a run token of ours and belongs to no
 * live run. A stranger is never killed, nor what serves, nor Fettle itself.
 */
import { z } from 'zod';
import { conceal } from '../../conceal.ts';
import { ownerOfPort } from '@fettle/proc/port-owner';
import {
  readCommand,
  readRunToken,
  readVariable,
  runningForMs,
} from '@fettle/proc/process-command';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { setTimeout as delay } from 'node:timers/promises';
import { changed, failed, noTarget, refused } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { isOwnToken, isSameProcess, runOfPid, sendTo } from './own-processes.ts';
import { targetOf } from './supervised-service.ts';

const captured = z.object({
  pid: z.int(),
  startTicks: z.number(),
  token: z.string(),
  command: z.string(),
});

const gentleMs = 2_000;
/** A run that was born a moment ago may not have been told to us yet. */
const youngMs = 2_000;
const lookMs = 20;

export const processKill: Action = {
  name: 'process.kill',
  describe: (params) => `kill the left-over ${pidWord(params)}`,
  plan(params, world) {
    const { pid, command } = orphan(params, world);
    const text = `kill pid ${pid} (${command}), left over from an earlier run of this stack`;
    return Promise.resolve(plan(text, `kill ${pid}`, targets(params)));
  },
  capture: (params, world) => Promise.resolve(orphan(params, world)),
  async apply(_params, capture, { world, signal }) {
    const { pid, startTicks, token } = captured.parse(capture);
    if (!isSameProcess(pid, startTicks)) return `pid ${pid} has ended by itself`;
    const now = orphan({ pid }, world);
    if (now.token !== token) throw changed(`pid ${pid} belongs to another run now`);
    sendTo(pid, 'SIGTERM');
    const untilMs = performance.now() + gentleMs;
    while (isSameProcess(pid, startTicks) && performance.now() < untilMs && !signal.aborted)
      await delay(lookMs);
    if (isSameProcess(pid, startTicks)) sendTo(pid, 'SIGKILL');
    while (isSameProcess(pid, startTicks)) {
      if (signal.aborted) throw failed(`pid ${pid} did not end, even by SIGKILL`);
      await delay(lookMs);
    }
    return `pid ${pid} is gone`;
  },
  undo: null,
  observe(_params, capture) {
    const { pid, startTicks } = captured.parse(capture);
    return Promise.resolve(isSameProcess(pid, startTicks) ? 'not-done' : 'done');
  },
};

/** @throws FettleError: gone, not ours, or of a live run. */
function orphan(params: ActParams, world: ActionWorld): z.infer<typeof captured> {
  const pid = pidOf(params);
  const stat = readProcessStat(pid);
  if (!isLive(stat)) throw noTarget(`there is no process ${pid}`, 'It has ended.');
  const token = readRunToken(pid);
  const never = (why: string): Error => refused(`pid ${pid} ${why}`, 'Look yourself.');
  if (!isOwnToken(world, token)) throw never('carries no run token of this stack');
  if ((runningForMs(pid) ?? 0) < youngMs) throw never('has just begun');
  if (!world.link.connected()) throw never('may be of a live run: the supervisor does not answer');
  if (isFettles(pid, token, world)) throw never('is a process of Fettle itself');
  const live = world.link.instances().some((one) => one.token === token);
  if (live || runOfPid(world, pid) !== null) throw never('belongs to a live run');
  const command = conceal(readCommand(pid) ?? stat.name);
  return { pid, startTicks: stat.startTicks, token, command };
}

/** The controller and what it started carry a token of this stack, too. */
function isFettles(pid: number, token: string, world: ActionWorld): boolean {
  if (pid === process.pid || pid === process.ppid) return true;
  const own = world.env['FETTLE_RUN'];
  return token === own || readVariable(pid, 'FETTLE_SERVICE')?.startsWith('@') === true;
}

/** By pid, else whoever listens on `port`. */
function pidOf(params: ActParams): number {
  const { pid, port } = params;
  if (typeof pid === 'number' && Number.isInteger(pid) && pid > 1) return pid;
  const owner = typeof port === 'number' ? (ownerOfPort(port)?.pid ?? null) : null;
  if (owner !== null) return owner;
  throw noTarget('no process is named', 'Give a pid, or the port that it listens on.');
}

function pidWord({ pid, port }: ActParams): string {
  return pid === undefined ? `on port ${String(port)}` : `pid ${String(pid)}`;
}

function targets(params: ActParams): readonly string[] {
  return params['target'] === undefined ? [] : [targetOf(params)];
}
