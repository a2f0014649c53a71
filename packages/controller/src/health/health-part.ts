/**
 * The health of every instance: runs the probes, hands what they saw to the brain (`core/step.ts`)
 * and carries out what it decides. Translates, never decides.
 */
import type { Effect } from '@fettle/core/effect';
import type { Event } from '@fettle/core/event';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Finding } from '@fettle/core/stack/health-state';
import type { Service } from '@fettle/core/stack/service';
import type { WatchedRun } from '@fettle/core/stack/watched-run';
import { isMending, openBrain, step, type Brain } from '@fettle/core/step';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import type {
  HealthPart,
  Journal,
  LogsPart,
  OwnPause,
  ProbeSeen,
  SupervisorLink,
} from '../parts.ts';
import { examineRun } from './examine.ts';
import { healthReading, type HealthReading } from './health-reading.ts';
import { watchInstance, type InstanceWatch } from './instance-watch.ts';
import { tryLinks } from './links.ts';
import { watchPauses, type PauseWatch } from './pause-watch.ts';
import { openSilences } from './silences.ts';
import { probeSlots, type ProbeSlots } from './probe-slots.ts';
import { openStartProgress, type StartProgress } from './start-progress.ts';

export type HealthOptions = Readonly<{
  link: SupervisorLink;
  journal: Journal;
  /** null: no log probes, and no log lines in the evidence. */
  logs: Pick<LogsPart, 'tail' | 'onLines'> | null;
  /** `.fettle`: evidence is kept below it. */
  stateDir: string;
  /** Probes in flight at most; 32 unless told. */
  maxProbes?: number;
}>;

type Shell = Readonly<{
  options: HealthOptions;
  brain: Brain;
  watches: Map<string, InstanceWatch>;
  reading: HealthReading;
  slots: ProbeSlots;
  progress: StartProgress;
  probed: Set<(seen: ProbeSeen) => void>;
  paused: Set<(pause: OwnPause) => void>;
  openedAtMs: number;
}> & { stopped: boolean; retry: NodeJS.Timeout | null; pauses: PauseWatch };

const retryMs = 1_000;
const actTimeoutMs = 5_000;

export function openHealthPart(options: HealthOptions): HealthPart {
  const shell = openShell(options);
  const { link, logs } = options;
  const silences = openSilences(options.stateDir, (service, checks) =>
    take(shell, { kind: 'silenced', service, checks }),
  );
  const disposers = [
    link.onSnapshot(() => {
      syncAll(shell);
      take(shell, { kind: 'link-restored' });
    }),
    link.onNotice((notice) => {
      if (notice.kind === 'instance-changed') syncInstance(shell, notice.view.instance);
      else if (notice.kind === 'instance-removed') lose(shell, notice.instance);
      else if (notice.kind === 'stack-changed') syncAll(shell);
    }),
    logs?.onLines((instance, token, lines) => hearLines(shell, instance, token, lines)),
  ];
  syncAll(shell);
  return {
    ...shell.reading,
    healing: (instance) => isMending(shell.brain, instance, performance.now()),
    ping(id, kind, body) {
      let found = false;
      for (const watch of shell.watches.values()) found = watch.ping(id, kind, body) || found;
      return found;
    },
    tryLinks: () => tryLinks(link),
    onProbe: (listener) => added(shell.probed, listener),
    onPause: (listener) => added(shell.paused, listener),
    silence: silences.set,
    unsilence: silences.lift,
    silences: silences.list,
    stop() {
      shell.stopped = true;
      if (shell.retry !== null) clearTimeout(shell.retry);
      shell.pauses.stop();
      silences.stop();
      for (const dispose of disposers) dispose?.();
      for (const watch of shell.watches.values()) watch.stop();
      shell.watches.clear();
      return Promise.resolve();
    },
  };
}

function added<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function openShell(options: HealthOptions): Shell {
  const brain = openBrain();
  const shell: Shell = {
    options,
    brain,
    watches: new Map(),
    reading: healthReading(brain, () => options.link.instances()),
    slots: probeSlots(options.maxProbes ?? 32),
    progress: openStartProgress(),
    probed: new Set(),
    openedAtMs: Date.now(),
    stopped: false,
    retry: null,
    paused: new Set(),
    pauses: watchPauses((pause) => {
      take(shell, { kind: 'paused', ...pause });
      for (const listener of shell.paused) listener(pause);
    }),
  };
  return shell;
}

function take(shell: Shell, event: Event): void {
  if (shell.stopped) return;
  for (const effect of step(shell.brain, event, performance.now())) run(shell, effect);
}

function syncAll(shell: Shell): void {
  const seen = new Set<string>();
  for (const { instance } of shell.options.link.instances()) {
    seen.add(instance);
    syncInstance(shell, instance);
  }
  for (const instance of shell.watches.keys()) if (!seen.has(instance)) lose(shell, instance);
}

function syncInstance(shell: Shell, instance: string): void {
  const { link } = shell.options;
  const view = link.instance(instance);
  const service = link.stack()?.services.find(({ name }) => name === view?.service);
  if (shell.stopped) return;
  if (view === null || service === undefined || !isWatched(view)) return lose(shell, instance);
  if (service.healthChecks.length === 0) return lose(shell, instance);
  const known = shell.watches.get(instance);
  if (known !== undefined && known.token === view.token && sameChecks(known.service, service))
    return see(shell, view, service);
  lose(shell, instance);
  see(shell, view, service);
  openWatch(shell, view, service);
}

function isWatched(view: InstanceView): boolean {
  if (view.state === 'external') return true;
  if (view.token === null) return false;
  if (view.state === 'starting' || view.state === 'running') return true;
  return view.state === 'crash-loop' && view.pid !== null;
}

function sameChecks(a: Service, b: Service): boolean {
  return a === b || JSON.stringify(a.healthChecks) === JSON.stringify(b.healthChecks);
}

function see(shell: Shell, view: InstanceView, service: Service): void {
  const startedAtMs = view.startedAtMs ?? view.sinceMs;
  take(shell, {
    kind: 'run-seen',
    instance: view.instance,
    service: view.service,
    token: view.state === 'external' ? null : view.token,
    checks: service.healthChecks,
    // The wall clock may have jumped since: a start cannot lie ahead.
    startedMs: performance.now() - Math.max(0, Date.now() - startedAtMs),
    adopted: startedAtMs < shell.openedAtMs,
    crashLoop: view.state === 'crash-loop',
  });
}

function openWatch(shell: Shell, view: InstanceView, service: Service): void {
  const { instance } = view;
  const watched = shell.brain.runs.get(instance);
  if (watched === undefined) return;
  const watch = watchInstance({
    service,
    run: watched,
    view: () => shell.options.link.instance(instance),
    slots: shell.slots,
    spread: view.ready,
    onFinding(check, finding, beganMs) {
      // The tick of the pause watch may come after the timers of the probes.
      shell.pauses.look();
      if (!finding.ok) noteProgress(shell, instance, watched.token);
      shell.reading.note(instance, check, finding);
      const { token } = watched;
      take(shell, { kind: 'probed', instance, token, check: check.name, finding, beganMs });
      tellProbed(shell, watched, check, finding);
    },
  });
  shell.watches.set(instance, watch);
  shell.pauses.attend(true);
}

function tellProbed(shell: Shell, run: WatchedRun, check: HealthCheck, finding: Finding): void {
  if (shell.probed.size === 0) return;
  const state = run.checks.find((one) => one.check.name === check.name);
  const { service, instance } = run;
  const { up = null, flapping = false, silenced = false } = state ?? {};
  // What decides nothing here shall not alarm anybody else.
  const seen = silenced ? { check: { ...check, required: false }, up: null } : { check, up };
  for (const listener of shell.probed)
    listener({ service, instance, finding, flapping: flapping && !silenced, ...seen });
}

function lose(shell: Shell, instance: string): void {
  shell.watches.get(instance)?.stop();
  shell.watches.delete(instance);
  shell.pauses.attend(shell.watches.size > 0);
  shell.progress.forget(instance);
  if (shell.brain.runs.has(instance)) take(shell, { kind: 'run-gone', instance });
}

function hearLines(shell: Shell, instance: string, token: string, lines: readonly string[]): void {
  const watch = shell.watches.get(instance);
  if (watch?.token !== token) return;
  watch.lines(lines);
  if (shell.brain.runs.get(instance)?.ready === true) return;
  if (shell.progress.says(instance, lines)) take(shell, { kind: 'progressed', instance, token });
}

/** CPU time spent between two failures of a starting run is a sign of work. */
function noteProgress(shell: Shell, instance: string, token: string | null): void {
  const pid = shell.options.link.instance(instance)?.pid ?? null;
  const watched = shell.brain.runs.get(instance);
  if (pid === null || token === null || watched?.ready === true) return;
  const stat = readProcessStat(pid);
  if (!isLive(stat)) return;
  const ticks = stat.userTicks + stat.systemTicks;
  if (shell.progress.works(instance, ticks, performance.now()))
    take(shell, { kind: 'progressed', instance, token });
}

function run(shell: Shell, effect: Effect): void {
  switch (effect.kind) {
    case 'report': {
      const { token, ready, alive } = effect;
      const sent = shell.options.link.request({ kind: 'health', token, ready, alive });
      sent.catch(() => reportLater(shell));
      return;
    }
    case 'examine':
      void examine(shell, effect);
      return;
    case 'continue':
      act(shell, effect, { kind: 'continue', token: effect.token });
      return;
    case 'end': {
      const { token, reason, kill } = effect;
      act(shell, effect, { kind: 'end', token, reason, kill });
      return;
    }
    case 'hasten':
      shell.watches.get(effect.instance)?.hasten();
      return;
    case 'tell': {
      const { topic: kind, service, instance, severity, text, data } = effect;
      shell.options.journal.append({ kind, service, instance, severity, text, data });
      return;
    }
    default:
      effect satisfies never;
  }
}

type Act = Extract<Effect, Readonly<{ kind: 'continue' | 'end' }>>;

/** The key lets the supervisor act once, however often the request has to be repeated. */
function act(shell: Shell, effect: Act, body: Parameters<SupervisorLink['request']>[0]): void {
  const { instance, token } = effect;
  const key = `${effect.kind}-${token}-${Math.round(performance.now())}`;
  shell.options.link.request(body, { key, timeoutMs: actTimeoutMs }).then(
    () => shell.watches.get(instance)?.hasten(),
    (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      take(shell, { kind: 'request-failed', instance, token, text });
    },
  );
}

/** The supervisor was away or slow: what is so then is said again, once for all. */
function reportLater(shell: Shell): void {
  if (shell.stopped || shell.retry !== null) return;
  shell.retry = setTimeout(() => {
    shell.retry = null;
    if (shell.options.link.connected()) take(shell, { kind: 'link-restored' });
  }, retryMs);
}

async function examine(
  shell: Shell,
  effect: Extract<Effect, Readonly<{ kind: 'examine' }>>,
): Promise<void> {
  const { instance, token, check } = effect;
  const { link, logs, stateDir } = shell.options;
  const view = link.instance(instance);
  if (view === null || view.token !== token) return;
  const finding: Finding = effect.finding;
  const before = shell.watches.get(instance)?.sample() ?? null;
  const lastLines = async (): Promise<readonly string[]> =>
    logs === null ? [] : logs.tail(instance, token, 50);
  const exam = await examineRun({ view, check, finding, stateDir, before, lastLines });
  take(shell, { kind: 'examined', instance, token, exam });
}
