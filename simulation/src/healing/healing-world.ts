/**
 * The truth of the healing simulation: what runs, what is broken, and how it shows.
 *
 * The world tells the loop only what collectors could see, and changes only by faults, by the
 * supervisor's reflexes, and by acts, of which each key counts once.
 */
import type { Explained, Observation } from '@fettle/core/loop/collect/observation';
import type { Reflex } from '@fettle/core/loop-event';
import type { Service, Stack } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Dice } from '../dice.ts';
import { check, databaseName } from './healing-stack.ts';
import { faultOf, type Fault, type FaultKind } from './healing-faults.ts';

export type HealingWorld = {
  readonly stack: Stack;
  readonly dice: Dice;
  readonly views: Map<string, InstanceView>;
  /** By target; one at a time. */
  readonly faults: Map<string, Fault>;
  /** Effects by key: more than one is a defect. */
  readonly effects: Map<string, number>;
  /** Consecutive failed checks. */
  readonly failing: Map<string, number>;
  runs: number;
  fds: Map<string, number>;
};

export function openWorld(stack: Stack, dice: Dice, nowMs: number): HealingWorld {
  const world: HealingWorld = {
    stack,
    dice,
    views: new Map(),
    faults: new Map(),
    effects: new Map(),
    failing: new Map(),
    runs: 0,
    fds: new Map(),
  };
  for (const service of stack.services) startRun(world, service.name, nowMs);
  return world;
}

export function serviceOf({ stack }: HealingWorld, name: string): Service | undefined {
  return stack.services.find((service) => service.name === name);
}

export function startRun(world: HealingWorld, name: string, nowMs: number): InstanceView {
  world.runs += 1;
  const before = world.views.get(name);
  const view: InstanceView = {
    ...(before ?? blank(name, nowMs)),
    state: 'running',
    sinceMs: nowMs,
    token: `t-${world.runs}`,
    pid: 1_000 + world.runs,
    startedAtMs: nowMs,
    ready: true,
  };
  world.views.set(name, view);
  world.fds.set(name, 40);
  return view;
}

/** Its fault, or the database's that it suffers from. */
export function ailment(world: HealingWorld, name: string): Fault | null {
  const own = world.faults.get(name);
  if (own !== undefined) return own;
  const needsStore = serviceOf(world, name)?.dependsOn.some(
    ({ service }) => service === databaseName,
  );
  return needsStore === true ? (world.faults.get(databaseName) ?? null) : null;
}

const silent: readonly FaultKind[] = ['crash', 'fd-leak'];

export function isServing(world: HealingWorld, name: string): boolean {
  const fault = ailment(world, name);
  const lives = world.views.get(name)?.state === 'running';
  return lives && (fault === null || silent.includes(fault.kind));
}

/** A fault begins; answers with what is seen of it at once. */
export function strike(
  world: HealingWorld,
  kind: FaultKind,
  name: string,
  nowMs: number,
): readonly Observation[] {
  if (world.faults.has(name)) return [];
  world.faults.set(name, faultOf(kind, name, nowMs));
  if (kind === 'crash') return [endRun(world, name, 137, nowMs)];
  if (kind !== 'bad-config') return [];
  const path = `/srv/healing/${name}/config.json`;
  const text = `${path} changed`;
  const change = {
    atMs: nowMs,
    kind: 'file',
    service: name,
    actor: 'file system',
    text,
    path,
  } as const;
  return [{ kind: 'changed', change }, endRun(world, name, 78, nowMs)];
}

export function endRun(
  world: HealingWorld,
  name: string,
  code: number,
  nowMs: number,
): Observation {
  const before = world.views.get(name) ?? blank(name, nowMs);
  const view: InstanceView = {
    ...before,
    state: 'backing-off',
    sinceMs: nowMs,
    token: null,
    pid: null,
    ready: false,
    lastToken: before.token,
    lastExit: {
      kind: code > 128 ? 'signal' : 'code',
      code,
      posixSignal: code > 128 ? 'SIGKILL' : null,
      endedBy: null,
      atMs: nowMs,
    },
  };
  world.views.set(name, view);
  return { kind: 'instance', view };
}

/** What the supervisor and the health part do by themselves; null: nothing (yet). */
export function reflexOf(world: HealingWorld, fault: Fault, nowMs: number): Reflex | null {
  if (fault.reflexMs === null || nowMs - fault.sinceMs < fault.reflexMs) return null;
  const { target } = fault;
  const instance = `${target}.1`;
  world.faults.delete(target);
  if (fault.kind === 'stopped') {
    const token = `${world.views.get(target)?.token ?? ''}:cont`;
    const action = 'process.signal';
    return { kind: 'reflex', service: target, instance, action, reason: 'stopped', token };
  }
  const { token } = startRun(world, target, nowMs);
  const isCrash = fault.kind === 'crash';
  return {
    kind: 'reflex',
    service: target,
    instance,
    action: isCrash ? 'service.start' : 'service.restart',
    reason: fault.kind,
    token: token ?? '',
  };
}

/** A run that cannot live ends, is started after a back-off, and ends: at last a crash loop. */
export function tryAgain(world: HealingWorld, name: string, nowMs: number): readonly Observation[] {
  const view = world.views.get(name);
  const isDown = view?.state === 'backing-off' || view?.state === 'crash-loop';
  if (view === undefined || !isDown || nowMs - view.sinceMs < 4_000) return [];
  const started = startRun(world, name, nowMs);
  if (world.faults.get(name)?.kind !== 'bad-config') return [{ kind: 'instance', view: started }];
  const restarts = view.restarts + 1;
  world.views.set(name, { ...started, restarts });
  const ended = endRun(world, name, 78, nowMs);
  if (restarts <= 5 || ended.kind !== 'instance')
    return [{ kind: 'instance', view: started }, ended];
  const looping: InstanceView = { ...ended.view, state: 'crash-loop' };
  world.views.set(name, looping);
  return [
    { kind: 'instance', view: started },
    { kind: 'instance', view: looping },
  ];
}

/** An act of the loop. The same key twice has one effect. */
export function perform(
  world: HealingWorld,
  deed: Readonly<{ key: string; action: string; target: string }>,
  nowMs: number,
): readonly Observation[] {
  const { key, action, target } = deed;
  if (world.effects.has(key)) return [];
  world.effects.set(key, 1);
  const fault = world.faults.get(target);
  if (fault?.cures.includes(`${action} ${target}`) === true) world.faults.delete(target);
  const restarts = action === 'service.restart' || action === 'service.start';
  if (!restarts || !world.views.has(target)) return [];
  if (world.faults.get(target)?.kind === 'bad-config') return [endRun(world, target, 78, nowMs)];
  return [{ kind: 'instance', view: startRun(world, target, nowMs) }];
}

/** One look of every collector. */
export function lookAround(world: HealingWorld, nowMs: number): readonly Observation[] {
  const names = world.stack.services.map(({ name }) => name);
  return [
    ...names.flatMap((name) => checked(world, name, nowMs)),
    { kind: 'sampled', atMs: nowMs, samples: names.flatMap((name) => figuresOf(world, name)) },
    {
      kind: 'process-states',
      atMs: nowMs,
      states: names.flatMap((name) => {
        const view = world.views.get(name);
        if (view === undefined || view.pid === null) return [];
        const state = world.faults.get(name)?.kind === 'stopped' ? 'T' : 'S';
        return [{ service: name, instance: view.instance, pid: view.pid, state, zombies: 0 }];
      }),
    },
    ...names.map((name): Observation => ({
      kind: 'explained',
      atMs: nowMs,
      service: name,
      why: whyOf(world, name, nowMs),
    })),
  ];
}

function checked(world: HealingWorld, name: string, nowMs: number): readonly Observation[] {
  const view = world.views.get(name);
  if (view === undefined || view.token === null) return [];
  const ok = isServing(world, name);
  const failed = ok ? 0 : (world.failing.get(name) ?? 0) + 1;
  world.failing.set(name, failed);
  return [
    {
      kind: 'checked',
      atMs: nowMs,
      service: name,
      instance: view.instance,
      check: check.name,
      role: check.role,
      ok,
      up: failed < check.downAfter,
      detail: ok ? 'connected' : 'no answer in 1s',
      durationMs: ok ? world.dice.int(1, 9) : 1_000,
      attested: ok ? true : null,
      flapping: false,
      required: true,
    },
  ];
}

function figuresOf(world: HealingWorld, name: string) {
  const { dice } = world;
  const leaks = world.faults.get(name)?.kind === 'fd-leak';
  const fds = (world.fds.get(name) ?? 40) + (leaks ? dice.int(15, 30) : 0);
  world.fds.set(name, Math.min(fds, 1_023));
  return [
    { subject: name, metric: 'cpu', value: dice.next() * 0.05 },
    { subject: name, metric: 'rss_bytes', value: 80e6 + dice.int(0, 4e6) },
    { subject: name, metric: 'fds', value: Math.min(fds, 1_023) + dice.int(0, 3) },
  ] as const;
}

function whyOf(world: HealingWorld, name: string, nowMs: number): Explained | null {
  const fault = world.faults.get(name);
  const told = (cause: string, sentence: string): Explained => ({
    sentence,
    cause,
    confidence: 0.9,
    evidence: [{ kind: 'log', text: sentence, atMs: nowMs }],
  });
  if (fault?.kind === 'bad-config') return told('bad-config', 'cannot parse config.json');
  if (fault?.kind === 'disk-full') return told('disk-full', 'ENOSPC: no space left on device');
  return null;
}

function blank(name: string, nowMs: number): InstanceView {
  return {
    instance: `${name}.1`,
    service: name,
    replica: 1,
    state: 'waiting',
    sinceMs: nowMs,
    token: null,
    pid: null,
    shimPid: null,
    startedAtMs: null,
    startReason: null,
    ready: false,
    port: null,
    restarts: 0,
    restartsByReason: {},
    lastExit: null,
    lastToken: null,
    nextStartAtMs: null,
    waitingFor: [],
    missingOptional: [],
    spawnError: null,
    portTrouble: null,
    configHash: 'hash',
    spool: null,
    rssBytes: null,
  };
}
