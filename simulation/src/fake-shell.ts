/**
 * The supervisor's shell as the policy sees it: effects go into the machine, events come back after
 * small delays. It can be killed between any two effects; then all that is left is the run log, the
 * machine, and the exit records.
 */
import type { PortOwner, PortRange } from '@fettle/core/stack/port';
import type { Service, Stack } from '@fettle/core/stack/service';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { Survivor, SuperviseEvent } from '@fettle/core/supervise/event';
import { compactRunLog } from '@fettle/core/supervise/run-log-compaction';
import type { RunLogEntry } from '@fettle/core/supervise/run-log';
import type { At, SuperviseState } from '@fettle/core/supervise/state';
import { createState } from '@fettle/core/supervise/step';
import { addStep, type Digest } from './digest.ts';
import {
  bear,
  killTree,
  resume,
  signalStop,
  type FakeProcess,
  type World,
} from './fake-process.ts';
import { cancel, plan, type Happening } from './virtual-clock.ts';
import { CONTROLLER } from './random-stack.ts';

export type Policy = (
  state: SuperviseState,
  event: SuperviseEvent,
  at: At,
) => readonly SuperviseEffect[];

/** Sees every step; throws nothing, reports. */
export type Observer = Readonly<{
  beforeEvent(shell: FakeShell, event: SuperviseEvent): void;
  onEffect(shell: FakeShell, effect: SuperviseEffect): void;
  afterStep(shell: FakeShell, event: SuperviseEvent, effects: readonly SuperviseEffect[]): void;
}>;

export type FakeShell = {
  readonly world: World;
  readonly policy: Policy;
  readonly observer: Observer;
  readonly digest: Digest;
  stack: Stack;
  /** null: the daemon is dead. */
  state: SuperviseState | null;
  generation: number;
  /** What the disk holds. */
  log: readonly RunLogEntry[];
  fresh: RunLogEntry[];
  diskFull: boolean;
  /** Entries that only memory holds while the disk is full. */
  unwritten: RunLogEntry[];
  /** The last death lost entries: wishes have to be repeated. */
  lostEntries: boolean;
  readonly timers: Map<string, Happening>;
  readonly claims: Map<number, string>;
  /** Die after this many further effects; null: not planned. */
  diesAfter: number | null;
  halted: boolean;
  events: number;
  effects: number;
  /** Ways in which the next spawns fail. */
  spawnTrouble: string | null;
};

export function createShell(
  base: Pick<FakeShell, 'world' | 'policy' | 'observer' | 'digest' | 'stack'>,
): FakeShell {
  return {
    ...base,
    state: null,
    generation: 0,
    log: [],
    fresh: [],
    diskFull: false,
    unwritten: [],
    lostEntries: false,
    timers: new Map(),
    claims: new Map(),
    diesAfter: null,
    halted: false,
    events: 0,
    effects: 0,
    spawnTrouble: null,
  };
}

export function startDaemon(shell: FakeShell): void {
  if (shell.state !== null) return;
  shell.generation += 1;
  shell.halted = false;
  const epoch = `e${shell.generation}`;
  const all = [...shell.log, ...shell.fresh];
  const survivors = findSurvivors(shell, all);
  const live = new Set(survivors.map(({ token }) => token));
  shell.log = compactRunLog(all, live);
  shell.fresh = [];
  write(shell, { kind: 'daemon', epoch, bootId: 'boot', atMs: 0 });
  shell.state = createState({
    stateDir: '/stack/.fettle',
    internal: [CONTROLLER],
    fettleUrl: null,
  });
  const entries = [...shell.log, ...shell.fresh];
  take(shell, { kind: 'daemon-started', epoch, stack: shell.stack, entries, survivors });
}

export function killDaemon(shell: FakeShell): void {
  if (shell.state === null) return;
  shell.state = null;
  shell.generation += 1;
  shell.diesAfter = null;
  for (const timer of shell.timers.values()) cancel(timer);
  shell.timers.clear();
  shell.claims.clear();
  if (shell.unwritten.length > 0) shell.lostEntries = true;
  shell.unwritten = [];
}

/** One event through the policy, and its effects into the machine. */
export function take(shell: FakeShell, event: SuperviseEvent): void {
  const { state, world } = shell;
  if (state === null || shell.halted) return;
  const { clock } = world;
  const at = { nowMs: clock.nowMs, atMs: clock.nowMs + clock.wallOffsetMs };
  shell.observer.beforeEvent(shell, event);
  const effects = shell.policy(state, event, at);
  shell.events += 1;
  shell.effects += effects.length;
  addStep(shell.digest, clock.nowMs, event, effects);
  for (const effect of effects) {
    if (shell.diesAfter !== null) {
      if (shell.diesAfter === 0) {
        killDaemon(shell);
        // A person whose command was not taken in full gives it again.
        if (event.kind === 'command-given' || event.kind === 'scale-asked') {
          shell.lostEntries = true;
        }
        return;
      }
      shell.diesAfter -= 1;
    }
    shell.observer.onEffect(shell, effect);
    carryOut(shell, effect);
  }
  shell.observer.afterStep(shell, event, effects);
}

/** Delivered unless the daemon died meanwhile. */
export function later(shell: FakeShell, delayMs: number, event: SuperviseEvent): void {
  const { generation } = shell;
  plan(shell.world.clock, delayMs, () => {
    if (shell.generation === generation) take(shell, event);
  });
}

export function setDiskFull(shell: FakeShell, full: boolean): void {
  shell.diskFull = full;
  if (full) return;
  shell.fresh.push(...shell.unwritten);
  shell.unwritten = [];
}

export function write(shell: FakeShell, entry: RunLogEntry): void {
  if (shell.diskFull) shell.unwritten.push(entry);
  else shell.fresh.push(entry);
}

export function carryOut(shell: FakeShell, effect: SuperviseEffect): void {
  const { world } = shell;
  switch (effect.kind) {
    case 'record':
      write(shell, effect.entry);
      return;
    case 'find-port':
      answerPort(shell, effect);
      return;
    case 'claim-port':
      if (!shell.claims.has(effect.port)) shell.claims.set(effect.port, effect.instance);
      return;
    case 'release-port':
      if (shell.claims.get(effect.port) === effect.instance) shell.claims.delete(effect.port);
      return;
    case 'spawn':
      spawn(shell, effect);
      return;
    case 'run-hook':
      runHook(shell, effect.id);
      return;
    case 'kill-hook':
      later(shell, 5, { kind: 'hook-ended', id: effect.id, outcome: 'was ended by SIGTERM' });
      return;
    case 'signal': {
      const process = world.processes.get(effect.token);
      if (process !== undefined) signalStop(world, process);
      return;
    }
    case 'kill-tree': {
      const process = world.processes.get(effect.token);
      if (process === undefined) later(shell, 1, { kind: 'tree-gone', token: effect.token });
      else killTree(world, process);
      return;
    }
    case 'continue': {
      const process = world.processes.get(effect.token);
      if (process !== undefined) resume(world, process);
      return;
    }
    case 'arm':
      setTimer(shell, effect.timer, effect.atMs);
      return;
    case 'tell-endpoints':
      return;
    case 'publish':
      return;
    case 'halt':
      shell.halted = true;
      return;
    default:
      effect satisfies never;
  }
}

function setTimer(shell: FakeShell, timer: string, atMs: number | null): void {
  const armed = shell.timers.get(timer);
  if (armed !== undefined) cancel(armed);
  shell.timers.delete(timer);
  if (atMs === null) return;
  const { clock } = shell.world;
  const happening = plan(clock, atMs - clock.nowMs, () => {
    shell.timers.delete(timer);
    take(shell, { kind: 'timer-fired', timer });
  });
  shell.timers.set(timer, happening);
}

function spawn(shell: FakeShell, effect: Extract<SuperviseEffect, { kind: 'spawn' }>): void {
  const { token, instance } = effect;
  const { dice, troubled } = shell.world;
  if (troubled && shell.spawnTrouble !== null && dice.chance(0.5)) {
    const code = shell.spawnTrouble;
    later(shell, 1, { kind: 'spawn-failed', token, code, message: 'spawn failed' });
    return;
  }
  const service = instance.slice(0, instance.lastIndexOf('.'));
  const definition = definitionOf(shell, service);
  const port = effect.environment['PORT'];
  const process = bear(shell.world, {
    token,
    instance,
    service,
    port: port === undefined ? null : Number(port),
    oneShot: definition?.oneShot ?? false,
  });
  const shimPid = process.pid - 1;
  write(shell, { kind: 'started', token, shimPid, startTicks: process.pid });
  const pid = dice.chance(0.5) ? process.pid : null;
  const delayMs = dice.int(1, 4);
  later(shell, delayMs, { kind: 'run-spawned', token, pid, shimPid });
  if (pid === null) later(shell, delayMs + 2, { kind: 'pid-learned', token, pid: process.pid });
}

/** Most do their work; some fail, and some never come to an end. */
function runHook(shell: FakeShell, id: string): void {
  const { dice, troubled } = shell.world;
  if (troubled && dice.chance(0.05)) return;
  const outcome = troubled && dice.chance(0.1) ? 'ended with exit 1' : 'ok';
  later(shell, dice.int(5, 3_000), { kind: 'hook-ended', id, outcome });
}

export function definitionOf(shell: FakeShell, service: string): Service | undefined {
  if (service === CONTROLLER.name) return CONTROLLER;
  return shell.stack.services.find(({ name }) => name === service);
}

type Question = Extract<SuperviseEffect, { kind: 'find-port' }>;

function answerPort(shell: FakeShell, question: Question): void {
  const { instance } = question;
  let refused: Readonly<{ port: number; owner: PortOwner }> | null = null;
  const delayMs = shell.world.dice.int(0, 3);
  for (const port of portsToTry(question)) {
    const owner = ownerOf(shell, instance, port);
    if (owner === null) {
      shell.claims.set(port, instance);
      const isFirst = refused === null;
      later(shell, delayMs, {
        kind: 'port-granted',
        instance,
        port,
        refused: isFirst ? null : refused,
      });
      return;
    }
    refused ??= { port, owner };
  }
  if (question.fallback) {
    const port = freePort(shell, question);
    shell.claims.set(port, instance);
    later(shell, delayMs, { kind: 'port-granted', instance, port, refused });
  } else {
    // Every candidate is kept from it by its own stack, as the real finder says.
    const first = question.candidates[0]?.from ?? 0;
    refused ??= { port: first, owner: { ...nobodyKnown, kind: 'ours' } };
    later(shell, delayMs, { kind: 'port-refused', instance, refused });
  }
}

const nobodyKnown = { pid: null, command: null, instance: null, runningForMs: null };

function* portsToTry({ last, candidates }: Question): Iterable<number> {
  const isIn = ({ from, to }: PortRange) => last !== null && from <= last && last <= to;
  if (last !== null && candidates.some(isIn)) yield last;
  for (const { from, to } of candidates) for (let port = from; port <= to; port += 1) yield port;
}

function freePort(shell: FakeShell, { taken, reserved, instance }: Question): number {
  for (;;) {
    const port = shell.world.dice.int(20_000, 29_999);
    if (taken.includes(port)) continue;
    if (reserved.some(({ from, to }) => from <= port && port <= to)) continue;
    if (ownerOf(shell, instance, port) === null) return port;
  }
}

function ownerOf(shell: FakeShell, instance: string, port: number): PortOwner | null {
  const { world } = shell;
  const claimant = shell.claims.get(port);
  const unseen = { pid: null, command: null, instance: null, runningForMs: null };
  if (claimant !== undefined && claimant !== instance) {
    return { ...unseen, kind: 'ours', instance: claimant };
  }
  const holder = world.holders.get(port);
  if (holder === undefined) return null;
  if (world.dice.chance(0.05)) return { ...unseen, kind: 'unknown' };
  const process = world.processes.get(holder);
  if (process === undefined) return { ...unseen, kind: 'foreign', pid: 99_999, command: 'thief' };
  const kind = process.alive ? 'ours' : 'orphan';
  return { ...unseen, kind, pid: process.pid, instance: process.alive ? process.instance : null };
}

/** What a scan of /proc and the exit records say. */
function findSurvivors(shell: FakeShell, entries: readonly RunLogEntry[]): readonly Survivor[] {
  const ended = new Set<string>();
  for (const entry of entries) if (entry.kind === 'ended') ended.add(entry.token);
  const survivors: Survivor[] = [];
  for (const process of shell.world.processes.values()) {
    if (!process.alive && !process.childAlive && ended.has(process.token)) {
      shell.world.processes.delete(process.token);
      continue;
    }
    survivors.push(survivorOf(shell, process));
  }
  return survivors;
}

function survivorOf(shell: FakeShell, process: FakeProcess): Survivor {
  const { clock } = shell.world;
  const unknown = {
    kind: 'unknown',
    code: null,
    posixSignal: null,
    endedBy: null,
    atMs: clock.nowMs + clock.wallOffsetMs,
  } as const;
  return {
    token: process.token,
    instance: process.instance,
    pid: process.alive ? process.pid : null,
    shimPid: process.alive ? process.pid - 1 : null,
    exit: process.alive ? null : (process.exit ?? unknown),
    port: process.port,
  };
}
