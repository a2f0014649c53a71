/**
 * A stage on which the policy is played in tests: a friendly shell that answers at once, a clock
 * that moves when told, and every effect kept. Unlike the simulation nothing happens by itself.
 */
import { assert } from '@fettle/sdk/assert';
import type { Service, Stack } from '../stack/service.ts';
import type { SuperviseEffect } from './effect.ts';
import type { Survivor, SuperviseEvent } from './event.ts';
import type { InstanceView } from './instance-view.ts';
import type { RunExit } from './run.ts';
import type { RunLogEntry } from './run-log.ts';
import { createState, step } from './step.ts';
import type { SuperviseState } from './state.ts';
import { instanceViews } from './views.ts';

export type Effect<K extends SuperviseEffect['kind']> = Extract<SuperviseEffect, { kind: K }>;

export type StageOptions = Readonly<{
  internal?: readonly Service[];
  entries?: readonly RunLogEntry[];
  survivors?: readonly Survivor[];
  epoch?: string;
  reservedPorts?: Stack['reservedPorts'];
  ending?: boolean;
  nowMs?: number;
}>;

export type Stage = {
  state: SuperviseState;
  nowMs: number;
  /** What the wall clock shows beyond the monotonic one. */
  wallMs: number;
  readonly effects: SuperviseEffect[];
  readonly log: RunLogEntry[];
  readonly timers: Map<string, number>;
  /** Answers to questions; null leaves one open. Replace to misbehave. */
  answer: (effect: SuperviseEffect, stage: Stage) => SuperviseEvent | null;
  /** Port to the instance that claimed it. */
  readonly claims: Map<number, string>;
};

export function exitWith(code: number): RunExit {
  return { kind: 'code', code, posixSignal: null, endedBy: null, atMs: 0 };
}

export const UNKNOWN_EXIT: RunExit = {
  kind: 'unknown',
  code: null,
  posixSignal: null,
  endedBy: null,
  atMs: 0,
};

export function stackOf(
  services: readonly Service[],
  reservedPorts: Stack['reservedPorts'] = [],
): Stack {
  return {
    name: 'shop',
    dir: '/shop',
    files: [],
    configModifiedAtMs: 0,
    services,
    reservedPorts,
  };
}

export function openStage(services: readonly Service[], given: StageOptions = {}): Stage {
  const stage: Stage = {
    state: createState({
      stateDir: '/shop/.fettle',
      internal: given.internal ?? [],
      fettleUrl: 'http://127.0.0.1:7700',
    }),
    nowMs: given.nowMs ?? 1_000_000,
    wallMs: 1e12,
    effects: [],
    log: [...(given.entries ?? [])],
    timers: new Map(),
    answer: politely,
    claims: new Map(),
  };
  send(stage, {
    kind: 'daemon-started',
    epoch: given.epoch ?? 'e1',
    stack: stackOf(services, given.reservedPorts),
    entries: given.entries ?? [],
    survivors: given.survivors ?? [],
    ending: given.ending ?? false,
  });
  return stage;
}

/** All effects, those of answers included, in order. */
export function send(stage: Stage, event: SuperviseEvent): readonly SuperviseEffect[] {
  const from = stage.effects.length;
  const queue = [event];
  for (const next of queue) {
    const at = { nowMs: stage.nowMs, atMs: stage.nowMs + stage.wallMs };
    for (const effect of step(stage.state, next, at)) {
      stage.effects.push(effect);
      if (effect.kind === 'record') stage.log.push(effect.entry);
      else if (effect.kind === 'arm') {
        if (effect.atMs === null) stage.timers.delete(effect.timer);
        else stage.timers.set(effect.timer, effect.atMs);
      }
      const answer = stage.answer(effect, stage);
      if (answer !== null) queue.push(answer);
    }
    assert(queue.length < 10_000, 'the policy comes to rest');
  }
  return stage.effects.slice(from);
}

/** Lets time pass; timers fire in order. */
export function pass(stage: Stage, ms: number): readonly SuperviseEffect[] {
  const from = stage.effects.length;
  const untilMs = stage.nowMs + ms;
  for (;;) {
    const [timer, atMs] = [...stage.timers].reduce(
      (first, one) => (one[1] < first[1] ? one : first),
      ['', Infinity],
    );
    if (atMs > untilMs) break;
    stage.timers.delete(timer);
    stage.nowMs = Math.max(stage.nowMs, atMs);
    send(stage, { kind: 'timer-fired', timer });
  }
  stage.nowMs = untilMs;
  return stage.effects.slice(from);
}

export function view(stage: Stage, instance: string): InstanceView {
  const found = instanceViews(stage.state).find((one) => one.instance === instance);
  assert(found !== undefined, `the stage has ${instance}`);
  return found;
}

export function only<K extends SuperviseEffect['kind']>(
  effects: readonly SuperviseEffect[],
  kind: K,
): readonly Effect<K>[] {
  return effects.filter((effect): effect is Effect<K> => effect.kind === kind);
}

export function spawned(effects: readonly SuperviseEffect[]): readonly string[] {
  return only(effects, 'spawn').map(({ instance }) => instance);
}

export function exit(stage: Stage, instance: string, how: RunExit): readonly SuperviseEffect[] {
  const { token } = view(stage, instance);
  assert(token !== null, `${instance} has a live run`);
  return send(stage, { kind: 'run-exited', token, exit: how });
}

export function report(stage: Stage, instance: string, ready: boolean): readonly SuperviseEffect[] {
  const { token } = view(stage, instance);
  assert(token !== null, `${instance} has a live run`);
  return send(stage, { kind: 'health-reported', token, ready, alive: true });
}

/** Spawns work, the first candidate (or the last port) is free, killed trees go. */
export function politely(effect: SuperviseEffect, { claims }: Stage): SuperviseEvent | null {
  if (effect.kind === 'spawn') {
    return { kind: 'run-spawned', token: effect.token, pid: 4_000, shimPid: 3_999 };
  }
  if (effect.kind === 'kill-tree') return { kind: 'tree-gone', token: effect.token };
  if (effect.kind !== 'find-port') return null;
  const { instance, candidates, last, taken } = effect;
  const mine = candidates.some(
    ({ from, to }) => last !== null && !taken.includes(last) && from <= last && last <= to,
  );
  const first = candidates
    .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
    .find((port) => !taken.includes(port) && (claims.get(port) ?? instance) === instance);
  const port = mine ? last! : (first ?? 20_000 + taken.length);
  claims.set(port, instance);
  return { kind: 'port-granted', instance, port, refused: null };
}

/** A service with Compose's defaults. */
export function serviceOf(name: string, given: Partial<Service> = {}): Service {
  return {
    name,
    command: ['serve', name],
    workingDir: '/shop',
    environment: {},
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 30_000 } },
    replicas: 1,
    minReplicas: 0,
    maxReplicas: 10,
    port: null,
    portClass: null,
    healthChecks: [],
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: '/shop/fettle.yaml', line: 1, column: 1 },
    ...given,
  };
}

export function needs(
  service: string,
  given: Partial<Service['dependsOn'][number]> = {},
): Service['dependsOn'][number] {
  return { service, condition: 'service_started', required: true, restart: false, ...given };
}

export function portAt(from: number, to = from, fallback = true): Service['port'] {
  return { preferred: [{ from, to }], host: '127.0.0.1', fallback };
}

/** Something the controller must report before the service is healthy. */
export const CHECKED: Pick<Service, 'healthChecks'> = {
  healthChecks: [
    {
      name: 'health',
      role: 'both',
      probe: { kind: 'tcp', host: null, port: null },
      intervalMs: 5_000,
      timeoutMs: 2_000,
      downAfter: 3,
      upAfter: 2,
      startPeriodMs: 0,
      startIntervalMs: 1_000,
      required: true,
      attest: true,
    },
  ],
};
