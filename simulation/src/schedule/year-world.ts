/**
 * A year of schedules under the real policy: runs that take their time, a daemon that dies, a
 * machine that sleeps, a clock that is put forward and back. Keeps what happened, judges nothing.
 *
 * Asleep the monotonic clock stands still and the wall clock goes on, as on Linux. While the
 * daemon is down its timers are gone and runs go on to their end, which the next one finds.
 */
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { Survivor, SuperviseEvent } from '@fettle/core/supervise/event';
import type { RunExit } from '@fettle/core/supervise/run';
import type { RunLogEntry } from '@fettle/core/supervise/run-log';
import { compactRunLog } from '@fettle/core/supervise/run-log-compaction';
import { createState, step, type SuperviseState } from '@fettle/core/supervise/step';
import { stackOf } from '@fettle/core/supervise/stage';
import {
  cancel,
  createClock,
  plan,
  runNext,
  type Happening,
  type VirtualClock,
} from '../virtual-clock.ts';
import { createDice, type Dice } from '../dice.ts';
import { addStep, createDigest, digestText, type Digest } from '../digest.ts';
import { yearServices } from './year-stack.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/**
 * A stretch of the wall clock in which nobody looked; `back`: it was put back from `to` to `from`.
 */
export type Gap = Readonly<{
  kind: 'down' | 'asleep' | 'forward' | 'back' | 'far-back';
  fromMs: number;
  toMs: number;
}>;
/** All times wall clock; `endedMs` null: not over. */
export type SeenRun = {
  readonly service: string;
  readonly dueMs: number;
  readonly beganMs: number;
  endedMs: number | null;
};
export type SeenNotice = Readonly<{ service: string; what: string; dueMs: number; atMs: number }>;
export type Year = Readonly<{
  fromMs: number;
  toMs: number;
  runs: readonly SeenRun[];
  notices: readonly SeenNotice[];
  gaps: readonly Gap[];
  /** Runs of one service at once: none is right. */
  doubled: number;
  events: number;
  digest: string;
}>;

type Live = {
  readonly token: string;
  readonly run: SeenRun;
  readonly instance: string;
  end: Happening;
};
type World = {
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly timers: Map<string, Happening>;
  readonly live: Map<string, Live>;
  readonly due: Map<string, number>;
  readonly digest: Digest;
  log: RunLogEntry[];
  /** Ends that no daemon has heard of yet. */
  ended: Map<string, Readonly<{ instance: string; exit: RunExit }>>;
  state: SuperviseState | null;
  lives: number;
  events: number;
  doubled: number;
  runs: SeenRun[];
  notices: SeenNotice[];
  gaps: Gap[];
};

const wallMs = ({ clock }: World): number => clock.nowMs + clock.wallOffsetMs;

export function liveAYear({ seed, days }: Readonly<{ seed: number; days: number }>): Year {
  const clock = createClock();
  clock.wallOffsetMs = Date.UTC(2026, 0, 1) - clock.nowMs + 1;
  const world: World = {
    clock,
    dice: createDice(`schedule ${seed}`),
    timers: new Map(),
    live: new Map(),
    due: new Map(),
    digest: createDigest(),
    log: [],
    ended: new Map(),
    state: null,
    lives: 0,
    events: 0,
    doubled: 0,
    runs: [],
    notices: [],
    gaps: [],
  };
  const fromMs = wallMs(world);
  startDaemon(world);
  planFaults(world, days);
  // Faults move the wall clock: the year is over by that.
  const toMs = Date.UTC(2026, 0, 1) + days * dayMs;
  while (wallMs(world) < toMs) runNext(clock, clock.nowMs + hourMs);
  const { runs, notices, gaps, doubled, events } = world;
  return { fromMs, toMs, runs, notices, gaps, doubled, events, digest: digestText(world.digest) };
}

function startDaemon(world: World): void {
  world.state = createState({ stateDir: '/year/.fettle', internal: [], fettleUrl: null });
  world.lives += 1;
  const survivors: Survivor[] = [...world.live.values()].map(({ token, instance }) => ({
    token,
    instance,
    pid: 4_000,
    shimPid: 3_999,
    exit: null,
    port: null,
  }));
  for (const [token, { instance, exit }] of world.ended)
    survivors.push({ token, instance, pid: null, shimPid: null, exit, port: null });
  world.ended.clear();
  // As the shell does it: what is dropped here must not matter.
  world.log = [...compactRunLog(world.log, new Set(survivors.map(({ token }) => token)))];
  const entries = world.log;
  const epoch = `y${world.lives}`;
  take(world, { kind: 'daemon-started', epoch, stack: stackOf(yearServices), entries, survivors });
}

function take(world: World, event: SuperviseEvent): void {
  if (world.state === null) return;
  const at = { nowMs: world.clock.nowMs, atMs: wallMs(world) };
  const effects = step(world.state, event, at);
  world.events += 1;
  addStep(world.digest, at.atMs, event, effects);
  for (const effect of effects) carryOut(world, effect);
}

function carryOut(world: World, effect: SuperviseEffect): void {
  switch (effect.kind) {
    case 'record':
      world.log.push(effect.entry);
      if (effect.entry.kind === 'due' && effect.entry.did === 'run')
        world.due.set(effect.entry.service, effect.entry.heldMs ?? effect.entry.dueMs);
      return;
    case 'arm': {
      const known = world.timers.get(effect.timer);
      if (known !== undefined) cancel(known);
      world.timers.delete(effect.timer);
      if (effect.atMs === null) return;
      const { timer } = effect;
      const fire = (): void => take(world, { kind: 'timer-fired', timer });
      world.timers.set(timer, plan(world.clock, effect.atMs - world.clock.nowMs, fire));
      return;
    }
    case 'spawn':
      spawn(world, effect.token, effect.instance);
      return;
    case 'signal':
      endSoon(world, effect.token);
      return;
    case 'kill-tree': {
      const { token } = effect;
      plan(world.clock, 1, () => take(world, { kind: 'tree-gone', token }));
      return;
    }
    case 'publish':
      if (effect.notice.kind === 'schedule') {
        const { service, what, dueMs } = effect.notice;
        world.notices.push({ service, what, dueMs, atMs: wallMs(world) });
      }
      return;
    default:
  }
}

function spawn(world: World, token: string, instance: string): void {
  const service = instance.slice(0, instance.lastIndexOf('.'));
  if ([...world.live.values()].some((one) => one.instance === instance)) world.doubled += 1;
  const dueMs = world.due.get(service) ?? 0;
  const run: SeenRun = { service, dueMs, beganMs: wallMs(world), endedMs: null };
  world.runs.push(run);
  const { dice, clock } = world;
  // Mostly short; now and then longer than the time until the next one.
  const tookMs = dice.chance(0.04) ? dice.int(10, 150) * minuteMs : dice.int(1_000, 4 * minuteMs);
  const end = plan(clock, tookMs, () => endRun(world, token, 0));
  world.live.set(token, { token, run, instance, end });
  plan(clock, 1, () => take(world, { kind: 'run-spawned', token, pid: 4_000, shimPid: 3_999 }));
}

function endSoon(world: World, token: string): void {
  const live = world.live.get(token);
  if (live === undefined) return;
  cancel(live.end);
  live.end = plan(world.clock, 2_000, () => endRun(world, token, 143));
}

function endRun(world: World, token: string, code: number): void {
  const live = world.live.get(token);
  if (live === undefined) return;
  world.live.delete(token);
  const atMs = wallMs(world);
  live.run.endedMs = atMs;
  const exit: RunExit = { kind: 'code', code, posixSignal: null, endedBy: null, atMs };
  if (world.state === null) world.ended.set(token, { instance: live.instance, exit });
  else take(world, { kind: 'run-exited', token, exit });
}

/**
 * One fault every few days, with room between them; the nights of the clock changes have theirs.
 */
function planFaults(world: World, days: number): void {
  const { dice } = world;
  const nights = [66, 87, 93, 297, 304].map((day) => day * dayMs - 3 * hourMs);
  for (let atMs = 2 * dayMs; atMs < days * dayMs; atMs += dice.int(4, 7) * dayMs) {
    const night = nights.find((one) => Math.abs(one - atMs) < 2.5 * dayMs);
    const beginMs = night ?? atMs + dice.int(0, dayMs);
    plan(world.clock, beginMs, () => strike(world, night !== undefined));
    if (night !== undefined) nights.splice(nights.indexOf(night), 1);
  }
}

function strike(world: World, isNight: boolean): void {
  const { dice } = world;
  const kinds = isNight
    ? (['down', 'asleep'] as const)
    : (['down', 'down', 'asleep', 'asleep', 'forward', 'back', 'back', 'far-back'] as const);
  const kind = dice.pick(kinds);
  const longMs = isNight ? 14 * hourMs : dice.int(2, dice.chance(0.3) ? 2_400 : 200) * minuteMs;
  const fromMs = wallMs(world);
  switch (kind) {
    case 'down':
      world.state = null;
      for (const timer of world.timers.values()) cancel(timer);
      world.timers.clear();
      plan(world.clock, longMs, () => startDaemon(world));
      break;
    case 'asleep':
    case 'forward':
      world.clock.wallOffsetMs += longMs;
      break;
    case 'back':
    case 'far-back': {
      const backMs = kind === 'back' ? dice.int(1, 179) * minuteMs : dice.int(4, 40) * hourMs;
      world.clock.wallOffsetMs -= backMs;
      world.gaps.push({ kind, fromMs: fromMs - backMs, toMs: fromMs });
      return;
    }
    default:
      kind satisfies never;
  }
  world.gaps.push({ kind, fromMs, toMs: fromMs + longMs });
}
