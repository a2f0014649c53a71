/**
 * Puts the status document together from what the parts know. Pure: no clock, no I/O.
 *
 * `aggregateHealth` folds the services into one word; the summary counts them, worst first.
 */
import type { Health } from '@fettle/core/stack/health-check';
import { aggregateHealth } from '@fettle/core/stack/health-tree';
import type { Service, Stack } from '@fettle/core/stack/service';
import { exitText } from '@fettle/core/supervise/exit-text';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type {
  CheckMark,
  CheckStatus,
  ConfigChange,
  DaemonStatus,
  ExitStatus,
  InstanceStatus,
  RollingStatus,
  ScheduleStatus,
  ServiceStatus,
  State,
  StatusDocument,
} from '@fettle/sdk/api/status';
import {
  instanceState,
  isDown,
  serviceState,
  settlesAtMs,
  withDependencies,
} from './state-word.ts';

type Figures = Readonly<{ memoryBytes: number; cpuRatio: number }>;

export type StatusFacts = Readonly<{
  stack: Stack | null;
  dir: string;
  /** Of this stack, in any order. */
  views: readonly InstanceView[];
  checks: (instance: string) => readonly CheckStatus[];
  marks: (service: string) => readonly CheckMark[];
  healing: (instance: string) => boolean;
  figures: (instance: string) => Figures | null;
  /** One sentence that is a reason of this state, or null. */
  why: (service: string, state: State) => string | null;
  /** The config file that is newer than what was applied. */
  configChanged: ConfigChange | null;
  /** Word and beginning as last told, by service. */
  before: ReadonlyMap<string, Readonly<{ state: State; sinceMs: number }>>;
  daemon: DaemonStatus;
  nowMs: number;
}>;

export type Assembled = Readonly<{
  document: StatusDocument;
  /** When a word may change by the passing of time alone; null: never. */
  reviewAtMs: number | null;
}>;

export function assembleStatus(facts: StatusFacts): Assembled {
  const { stack, nowMs } = facts;
  const services = stack?.services ?? [];
  const byService = Map.groupBy(facts.views, ({ service }) => service);
  const rows = services.map((service) => rowOf(service, byService.get(service.name) ?? [], facts));
  const words = withDependencies(rows);
  const dependants = dependantsOf(services);
  const list = rows.map((row) =>
    serviceStatus(row, { facts, words, dependants: dependants.get(row.service.name) ?? [] }),
  );
  const reviews = rows.flatMap(({ reviews }) => reviews);
  return {
    document: {
      schema: 'fettle.status/v1',
      stack: stack?.name ?? '',
      dir: stack?.dir ?? facts.dir,
      summary: summaryOf(
        list.map(({ state }) => state),
        facts.daemon.supervisorConnected,
      ),
      health: healthOf(rows, words),
      services: list,
      configChanged: facts.configChanged,
      daemon: facts.daemon,
      at: new Date(nowMs).toISOString(),
    },
    reviewAtMs: reviews.length === 0 ? null : Math.min(...reviews),
  };
}

type Row = Readonly<{
  service: Service;
  own: State;
  onlyReadinessDown: boolean;
  instances: readonly Readonly<{
    view: InstanceView;
    state: State;
    checks: readonly CheckStatus[];
    figures: Figures | null;
  }>[];
  reviews: readonly number[];
}>;

function rowOf(service: Service, views: readonly InstanceView[], facts: StatusFacts): Row {
  const { nowMs } = facts;
  const sorted = views.toSorted((one, other) => one.replica - other.replica);
  const instances = sorted.map((view) => {
    const checks = facts.checks(view.instance);
    const state = instanceState({ view, checks, healing: facts.healing(view.instance), nowMs });
    return { view, state, checks, figures: facts.figures(view.instance) };
  });
  const down = instances.flatMap(({ checks }) =>
    checks.filter((check) => isDown(check) && check.required),
  );
  return {
    service,
    // Without a view of an instance we do not know; without a wish for one it is stopped.
    own: instances.length === 0 ? 'unknown' : serviceState(instances.map(({ state }) => state)),
    onlyReadinessDown: down.length > 0 && down.every(({ role }) => role === 'readiness'),
    instances,
    reviews: instances.flatMap(({ view, checks }) => {
      const atMs = settlesAtMs({ view, checks, healing: false, nowMs });
      return atMs === null ? [] : [atMs];
    }),
  };
}

function serviceStatus(
  row: Row,
  context: Readonly<{
    facts: StatusFacts;
    words: ReadonlyMap<string, State>;
    dependants: readonly string[];
  }>,
): ServiceStatus {
  const { facts, words } = context;
  const { service, instances } = row;
  const state = words.get(service.name) ?? row.own;
  const live = instances.find(({ view }) => view.pid !== null)?.view ?? null;
  const port = instances.find(({ view }) => view.port !== null)?.view.port?.port ?? null;
  return {
    name: service.name,
    state,
    pid: live?.pid ?? null,
    port,
    restarts: sum(instances.map(({ view }) => view.restarts)),
    since: iso(sinceMs(row, state, facts)),
    why: withRolling(facts.why(service.name, state) ?? plainWhy(row, state, words), row),
    required: service.required,
    external: service.external,
    dependsOn: service.dependsOn.map((need) => need.service),
    dependants: context.dependants,
    memoryBytes: known(instances.map(({ figures, view }) => figures?.memoryBytes ?? view.rssBytes)),
    cpuRatio: known(instances.map(({ figures }) => figures?.cpuRatio ?? null)),
    lastChecks: facts.marks(service.name),
    configNewerThanProcess: facts.configChanged !== null && live !== null,
    labels: service.labels,
    rolling: rollingStatus(row),
    schedule: scheduleStatus(row),
    instances: instances.map((instance) => instanceStatus(instance, state)),
  };
}

function scheduleStatus({ instances }: Row): ScheduleStatus | null {
  const view = instances[0]?.view;
  if (view?.schedule === undefined) return null;
  const { cron, timezone, nextAtMs, lastDueAtMs, lastBeganAtMs, ...rest } = view.schedule;
  return {
    cron,
    timezone,
    nextAt: isoOrNull(nextAtMs),
    lastDueAt: isoOrNull(lastDueAtMs),
    lastBeganAt: isoOrNull(lastBeganAtMs),
    lastEnd: view.pid === null ? exitStatus(view) : null,
    ...rest,
  };
}

function isoOrNull(atMs: number | null): string | null {
  return atMs === null ? null : iso(atMs);
}

function rollingStatus({ instances }: Row): RollingStatus | null {
  const rolling = instances[0]?.view.rolling ?? null;
  if (rolling === null) return null;
  const { sinceMs: beganMs, ...rest } = rolling;
  return { ...rest, since: iso(beganMs) };
}

/** The service may be well, and yet not be what was asked for. */
function withRolling(why: string | null, { instances }: Row): string | null {
  const rolling = instances[0]?.view.rolling ?? null;
  if (rolling === null) return why;
  const count = `${rolling.done} of ${rolling.of}`;
  if (rolling.phase === 'under-way') return why ?? `rolling restart: ${count} replicas taken`;
  const stopped = `rolling restart stopped after ${count}: ${rolling.why ?? 'no reason'}`;
  return why === null ? stopped : `${why}; ${stopped}`;
}

function instanceStatus(instance: Row['instances'][number], word: State): InstanceStatus {
  const { view, state, checks, figures } = instance;
  const fine = state === 'ok' || state === 'starting' || state === 'degraded';
  return {
    name: view.instance,
    replica: view.replica,
    state: word === 'affected' && fine ? 'affected' : state,
    pid: view.pid,
    port: view.port?.port ?? null,
    ready: view.ready,
    restarts: view.restarts,
    since: iso(view.sinceMs),
    startedAt: view.startedAtMs === null ? null : iso(view.startedAtMs),
    startReason: view.startReason,
    lastExit: exitStatus(view),
    nextStartAt: view.nextStartAtMs === null ? null : iso(view.nextStartAtMs),
    waitingFor: view.waitingFor,
    memoryBytes: figures?.memoryBytes ?? view.rssBytes,
    cpuRatio: figures?.cpuRatio ?? null,
    ...(view.limits === undefined ? {} : { limits: view.limits }),
    checks,
  };
}

function exitStatus({ lastExit }: InstanceView): ExitStatus | null {
  if (lastExit === null) return null;
  return {
    code: lastExit.code,
    signal: lastExit.posixSignal,
    text: exitText(lastExit),
    endedBy: lastExit.endedBy,
    at: iso(lastExit.atMs),
  };
}

function sinceMs(row: Row, state: State, facts: StatusFacts): number {
  const before = facts.before.get(row.service.name);
  if (before !== undefined && before.state === state)
    return Math.max(before.sinceMs, startedAnewMs(row));
  if (before !== undefined) return facts.nowMs;
  const newest = Math.max(0, ...row.instances.map(({ view }) => view.sinceMs));
  return newest === 0 ? facts.nowMs : newest;
}

/** After `down` and `up` the word may be the old one, yet it did not hold in between. */
function startedAnewMs({ instances }: Row): number {
  const live = instances.filter(({ view }) => view.token !== null);
  if (live.length === 0 || live.some(({ view }) => view.startReason !== 'first-start')) return 0;
  return Math.min(...live.map(({ view }) => view.startedAtMs ?? 0));
}

/** What can be said without looking further, until the why part has looked. */
function plainWhy(row: Row, state: State, words: ReadonlyMap<string, State>): string | null {
  const alarm = row.instances[0]?.view.schedule?.alarm ?? null;
  if (alarm !== null && state === 'degraded') return alarm;
  if (state === 'affected' || state === 'degraded') {
    const need = row.service.dependsOn.find(({ service }) => isBad(words.get(service)));
    if (need !== undefined) return `${need.service} is ${words.get(need.service)}`;
  }
  if (state === 'starting') {
    const hook = row.instances.map(({ view }) => view.hook).find((one) => one !== undefined);
    if (hook !== undefined) return `is held up by its ${hook} hook`;
    const waiting = row.instances.flatMap(({ view }) => view.waitingFor)[0];
    return waiting === undefined ? null : `waits for ${waiting.service} (${waiting.condition})`;
  }
  if (state === 'unknown') return 'the supervisor has not told about it yet';
  if (state === 'ok' || state === 'done' || state === 'healing') return null;
  const spawn = row.instances.find(({ view }) => view.spawnError !== null)?.view.spawnError;
  if (spawn !== undefined && spawn !== null) return `cannot be started: ${spawn.message}`;
  const down = row.instances.flatMap(({ checks }) => checks.filter(isDown))[0];
  if (down !== undefined) return `check ${down.name} fails: ${down.lastDetail ?? 'no answer'}`;
  const exit = row.instances.find(({ view }) => view.lastExit !== null)?.view.lastExit;
  return exit === undefined || exit === null ? null : `last end: ${exitText(exit)}`;
}

function isBad(word: State | undefined): boolean {
  return word !== undefined && word !== 'ok' && word !== 'done' && word !== 'starting';
}

const ownHealth: Readonly<Record<State, Health>> = {
  ok: 'healthy',
  done: 'healthy',
  starting: 'unknown',
  unknown: 'unknown',
  degraded: 'degraded',
  healing: 'degraded',
  // Its own process is fine: what it needs carries the blame.
  affected: 'healthy',
  stopped: 'degraded',
  failing: 'unhealthy',
  'crash-loop': 'unhealthy',
};

function healthOf(rows: readonly Row[], words: ReadonlyMap<string, State>): Health {
  const components = rows.map(({ service, own }) => ({
    id: service.name,
    own: ownHealth[words.get(service.name) ?? own],
    required: service.required,
    needs: service.dependsOn.map((need) => ({ id: need.service, required: need.required })),
  }));
  return aggregateHealth(components).get('') ?? 'unknown';
}

const summaryOrder: readonly State[] = [
  'failing',
  'crash-loop',
  'healing',
  'affected',
  'degraded',
  'starting',
  'unknown',
  'stopped',
  'done',
  'ok',
];

/** `1 failing, 1 affected, 5 ok`. */
export function summaryOf(states: readonly State[], connected: boolean): string {
  const parts = summaryOrder.flatMap((state) => {
    const count = states.filter((one) => one === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const counts = parts.length === 0 ? 'no services' : parts.join(', ');
  return connected ? counts : `${counts} (as last seen: the supervisor is away)`;
}

function dependantsOf(services: readonly Service[]): ReadonlyMap<string, readonly string[]> {
  const dependants = new Map<string, string[]>();
  for (const { name, dependsOn } of services)
    for (const { service } of dependsOn) {
      const list = dependants.get(service);
      if (list === undefined) dependants.set(service, [name]);
      else list.push(name);
    }
  return dependants;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The sum of what is known; null when nothing is. */
function known(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? null : sum(numbers);
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
