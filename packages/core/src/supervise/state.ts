/**
 * What the policy remembers between two events. Mutable, owned by `step`; everybody else reads it
 * through `views.ts`.
 *
 * Three nouns: a service as it was applied, an instance (one replica of it, for as long as it is
 * wanted) and a run (one process tree, which may outlive the instance's interest in it).
 */
import { assert } from '@fettle/sdk/assert';
import { dependencyGraph, type DependencyGraph } from '../stack/dependency-graph.ts';
import type { PortAllocation, PortOwner } from '../stack/port.ts';
import type { PosixSignal, Service, Stack } from '../stack/service.ts';
import type { SuperviseEffect } from './effect.ts';
import type { HeldLimit } from './held-limit.ts';
import { createPrng, type Prng } from './prng.ts';
import type { Plan } from './plan-state.ts';
import type { DueEntry } from './run-log.ts';
import type { Rollout } from './rollout.ts';
import type { Hook, HookStage } from '../stack/hook.ts';
import type { EndReason, RunExit, RunToken, StartReason } from './run.ts';

/** Both clocks, read once per event. `nowMs` monotonic (durations), `atMs` wall (stamps). */
export type At = Readonly<{ nowMs: number; atMs: number }>;

export type SuperviseOptions = Readonly<{
  /** Absolute path of `.fettle`; spool paths are built from it. */
  stateDir: string;
  /** Our own services (names start with `@`), in every stack whatever is applied. */
  internal: readonly Service[];
  /** Ours as well, as soon as a service of the stack is a container; absent: none can be run. */
  keeper?: Service;
  /** FETTLE_URL while `@controller` has no port of its own to build it from. */
  fettleUrl: string | null;
}>;

/** What dependants may count on; compared to tell them about changes only. */
export type Offer = Readonly<{
  started: boolean;
  healthy: boolean;
  completed: boolean;
  /** Not up and not on its way: an optional dependant starts without it. */
  down: boolean;
}>;

export type ServiceRecord = {
  definition: Service;
  /** Of `definition`. */
  configHash: string;
  wanted: 'running' | 'stopped';
  replicas: number;
  /** Instances beyond `replicas` while a rollout starts new ones before it stops old ones. */
  surge: number;
  /** The rolling restart under way, or the last one that was stopped; null: none. */
  rollout: Rollout | null;
  /** Addresses as last told (`tell-endpoints`), to tell changes only; null: never told. */
  endpoints: string | null;
  /** Live instances by replica number; those being removed stay until their run ended. */
  readonly instances: Map<number, Instance>;
  offer: Offer;
  /** No longer in the stack; leaves once its instances have. */
  removed: boolean;
};

/**
 * - `waiting`: wants to start, needs dependencies or a port
 * - `spawning`: `spawn` was emitted; `up`: it was confirmed; `ending`: a stop is under way or
 * queued - `backing-off`: a timer starts it; `idle`: stopped, done or failed (see `rest`);
 * `external`
 */
export type Phase = 'waiting' | 'spawning' | 'up' | 'ending' | 'backing-off' | 'idle' | 'external';

export type Instance = {
  readonly id: string;
  readonly service: ServiceRecord;
  readonly replica: number;
  phase: Phase;
  /** What `idle` means. */
  rest: 'stopped' | 'done' | 'failed';
  /** State as last published, and when it began (wall clock). */
  shown: string;
  sinceMs: number;
  run: Run | null;
  /** Why the next start happens. */
  nextReason: StartReason;
  /** Leaves the stack once its run has ended. */
  removing: boolean;
  ready: boolean;
  port: PortState;
  restarts: number;
  restartsByReason: Partial<Record<StartReason, number>>;
  /** Counted restarts, monotonic ms, oldest first; at most intensity.count + 1 are kept. */
  recentMs: number[];
  crashLoop: boolean;
  lastExit: RunExit | null;
  lastToken: RunToken | null;
  nextStart: At | null;
  waitingFor: readonly Readonly<{ service: string; condition: string }>[];
  /** Until then an optional dependency on its way is waited for; null: not waiting. */
  optionalUntilMs: number | null;
  spawnError: Readonly<{ code: string; message: string }> | null;
  /** Its after_start hook failed, and its run is ended for that. */
  hookError: StartError | null;
  rssBytes: number | null;
  /** When the end of its last run was decided (monotonic); null: not since it rested. */
  endAskedMs: number | null;
};

/** `permanent`: trying again does not mend it. */
export type StartError = Readonly<{ code: string; message: string; permanent: boolean }>;

export type PortState = {
  /** The last port it was given; kept while stopped. */
  allocation: PortAllocation | null;
  /** We hold the claim in the shell. */
  claimed: boolean;
  /** A `find-port` is unanswered; `same` asked for the port it had only. */
  asked: 'no' | 'same' | 'any';
  grantedMs: number | null;
  /** How often the port it had was refused in a row because its old tree held it. */
  orphanTries: number;
  refusals: number;
  /** Retry at this time (monotonic); null: no retry is armed. */
  retryMs: number | null;
  trouble: Readonly<{ port: number; owner: PortOwner }> | null;
  /** The definition asks for another port now: do not insist on the one it had. */
  mayMove: boolean;
  /**
   * Somebody asked for another one: the port to keep clear of, or the one that is wanted. `put`: a
   * question that says so is out.
   */
  move: { avoid: number | null; to: number | null; actor: string; put: boolean } | null;
};

export type Run = {
  readonly token: RunToken;
  readonly instanceId: string;
  /** null: a survivor of a service that is gone. */
  instance: Instance | null;
  readonly configHash: string;
  readonly reason: StartReason;
  readonly startedMs: number;
  readonly startedAtMs: number;
  pid: number | null;
  shimPid: number | null;
  /** Port by dependency as its environment names it; -1 marks a stale one. */
  readonly told: ReadonlyMap<string, number>;
  confirmed: boolean;
  everReady: boolean;
  /** Adopted, and its checks have not spoken yet: it served before, so clients may go on. */
  unjudged: boolean;
  readySinceMs: number | null;
  held: readonly HeldLimit[];
  end: End | null;
  exit: RunExit | null;
  treeGone: boolean;
  /** `kill-tree` was sent this often. */
  kills: number;
  readonly stopSignal: PosixSignal;
  readonly stopGraceMs: number;
};

/** The hooks of one stage of one run, at work. */
export type HookRun = {
  readonly id: string;
  readonly stage: HookStage;
  readonly instance: Instance;
  readonly run: Run;
  /** As they were when the stage began. */
  readonly hooks: readonly Hook[];
  index: number;
  /** Of the one at `index`, monotonic. */
  startedMs: number;
  /** It was asked to end because it took too long. */
  overdue: boolean;
};

/**
 * `queued`: waits for dependants to end first. `draining`: asks nobody for anything any more and
 * finishes what it has. `preparing`: its before_stop hooks run. `stuck`: killed in vain, holds up
 * nobody.
 */
export type End = {
  reason: EndReason;
  stage: 'queued' | 'draining' | 'preparing' | 'signalled' | 'killed' | 'stuck';
};

export type SuperviseState = {
  readonly options: SuperviseOptions;
  epoch: string;
  runCount: number;
  prng: Prng;
  stack: Stack | null;
  services: Map<string, ServiceRecord>;
  graph: DependencyGraph;
  instances: Map<string, Instance>;
  runs: Map<RunToken, Run>;
  /** Last port by instance id, also of instances that left; survives the daemon. */
  lastPorts: Map<string, number>;
  /** Services of which the run log holds a wish. */
  remembered: Set<string>;
  readonly hooks: Map<string, HookRun>;
  /** Runs whose stop waits for dependants. */
  readonly queuedEnds: Set<Run>;
  /** Of scheduled services, by name. */
  readonly plans: Map<string, Plan>;
  /** What the run log says of schedules whose plan is not open yet. */
  rememberedDue: Map<string, DueEntry>;
  /** When the timer of all schedules fires (monotonic); null: it is not armed. */
  scheduleTimerMs: number | null;
  goingDown: boolean;
  halted: boolean;
  /** Scratch of the current step. */
  at: At;
  effects: SuperviseEffect[];
  readonly touched: Map<Instance, string>;
  readonly changedServices: Set<ServiceRecord>;
  readonly advancing: Set<Instance>;
};

export const NO_OFFER: Offer = { started: false, healthy: false, completed: false, down: false };

export function createState(options: SuperviseOptions): SuperviseState {
  return {
    options,
    epoch: '',
    runCount: 0,
    prng: createPrng(''),
    stack: null,
    services: new Map(),
    graph: dependencyGraph([]),
    instances: new Map(),
    runs: new Map(),
    lastPorts: new Map(),
    remembered: new Set(),
    hooks: new Map(),
    queuedEnds: new Set(),
    plans: new Map(),
    rememberedDue: new Map(),
    scheduleTimerMs: null,
    goingDown: false,
    halted: false,
    at: { nowMs: 0, atMs: 0 },
    effects: [],
    touched: new Map(),
    changedServices: new Set(),
    advancing: new Set(),
  };
}

export function isInternal(service: Readonly<{ name: string }>): boolean {
  return service.name.startsWith('@');
}

export function shouldRun(state: SuperviseState, instance: Instance): boolean {
  return (
    !instance.removing &&
    !state.goingDown &&
    instance.service.wanted === 'running' &&
    !instance.service.definition.external
  );
}

export function emit(state: SuperviseState, effect: SuperviseEffect): void {
  state.effects.push(effect);
}

/** Its view goes out at the end of the step; the first cause in a step is the one that is told. */
export function touch(state: SuperviseState, instance: Instance, cause: string): void {
  if (!state.touched.has(instance)) state.touched.set(instance, cause);
  state.changedServices.add(instance.service);
}

export function arm(state: SuperviseState, timer: string, delayMs: number | null): void {
  assert(delayMs === null || delayMs >= 0, 'a timer lies in the future');
  const atMs = delayMs === null ? null : state.at.nowMs + delayMs;
  state.effects.push({ kind: 'arm', timer, atMs });
}
