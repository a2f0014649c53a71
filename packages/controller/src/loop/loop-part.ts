/**
 * The self-healing loop inside the controller: feeds it with what the collectors see, carries out
 * what it decides through the hands it is given, and answers what people ask about it.
 */
import type { LoopCommand, LoopEvent, Reflex } from '@fettle/core/loop-event';
import { openLoop, type LoopState } from '@fettle/core/loop-state';
import { isOn } from '@fettle/core/loop/plan/flags';
import type { Incident } from '@fettle/core/incident/incident';
import type { Problem } from '@fettle/config/problem/problem';
import type { Params } from '@fettle/core/loop/diagnose/diagnosis';
import type { Runbook } from '@fettle/core/loop/plan/runbook';
import type { Run } from '@fettle/core/loop/remedy/run';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Capsule } from '@fettle/core/incident/capsule';
import { assert } from '@fettle/sdk/assert';
import type { Disposer, Journal, SupervisorLink } from '../parts.ts';
import type { LoopRecord, Store } from '../store.ts';
import type { Capsules } from './capsules.ts';
import { startCollectors } from './collectors/all.ts';
import type { CollectorDeps } from './collectors/collector.ts';
import { openDriver, type OtherEffect } from './loop-driver.ts';
import type { LoopHands } from './loop-hands.ts';
import type { SettingsSource } from './loop-settings.ts';
import { previewRun, type Preview } from './preview-run.ts';
import { steadyClock } from './steady-clock.ts';

export type LoopPart = Readonly<{
  /** Newest first: all open ones, and resolved ones since `sinceMs`. */
  incidents(sinceMs: number): readonly Incident[];
  incident(id: string): Incident | null;
  runs(): readonly Run[];
  run(id: string): Run | null;
  runbooks(): readonly Runbook[];
  /** Of runbook files that are not used. */
  runbookProblems(): readonly Problem[];
  /** Which way a runbook would go now, and what each act would do; changes nothing. */
  preview(runbook: Runbook, params: Params): Promise<Preview>;
  /** @throws FettleError E-CAPSULE-NONE when it was not recorded, or is no more. */
  capsule(id: string): Promise<Capsule>;
  /** Messages of the last days and what became of them, oldest first. */
  deliveries(): ReturnType<LoopHands['deliveries']>;
  /** Is something being done about this service now? */
  healing(service: string): boolean;
  state: LoopState;
  command(command: LoopCommand, actor: string): void;
  /** After runbooks or switches changed. */
  configure(): void;
  onChange(listener: () => void): Disposer;
  stop(): Promise<void>;
}>;

export type LoopOptions = Readonly<{
  collecting: Omit<CollectorDeps, 'nowMs'>;
  link: SupervisorLink;
  journal: Pick<Journal, 'append'>;
  store: Store;
  settings: SettingsSource;
  hands: (nowMs: () => number) => LoopHands;
  capsules: Capsules;
  onTrouble: (cause: unknown) => void;
}>;

const kinds = ['setting', 'rail', 'odds', 'run', 'incident'];
/** Resolved longer ago, they are read from the store when somebody asks. */
const rememberedMs = 7 * 86_400_000;
/** Conclusions are drawn every few seconds; later than this, something is wrong with us. */
const aliveMs = 60_000;

export function openLoopPart(options: LoopOptions): LoopPart {
  const { link, store, settings } = options;
  const nowMs = steadyClock();
  const hands = options.hands(nowMs);
  const listeners = new Set<() => void>();
  const driver = openDriver({
    state: openLoop(nowMs()),
    store,
    nowMs,
    run: (effect, take) => carryOut({ options, hands, state: driver.state }, effect, take),
    recorder: options.capsules.recorder,
    onTrouble: options.onTrouble,
    onChange: () => {
      for (const listener of listeners) listener();
    },
  });
  const { state } = driver;
  hands.watchOver(() => nowMs() - state.thoughtMs < aliveMs);
  const configure = (): void => driver.take({ kind: 'configured', ...settings.current() });
  configure();
  driver.take({ kind: 'restored', records: remembered(store, nowMs()) });
  const disposers = [
    startCollectors({
      deps: { ...options.collecting, nowMs },
      observed: (observations) => driver.take({ kind: 'observed', observations }),
      isOn: (flag, service) => isOn(state.flags, flag, service),
    }),
    watchReflexes(link, (reflex) => driver.take(reflex)),
    settings.onChange(configure),
    link.onSnapshot(configure),
    link.onNotice(({ kind }) => {
      if (kind === 'stack-changed') configure();
    }),
    settings.stop,
  ];
  return {
    state,
    incidents: (sinceMs) =>
      [...state.incidents.values()]
        .filter(({ resolvedMs }) => resolvedMs === null || resolvedMs >= sinceMs)
        .toReversed(),
    incident: (id) => state.incidents.get(id) ?? stored<Incident>(store, 'incident', id),
    runs: () => [...state.runs.values()],
    run: (id) => state.runs.get(id) ?? stored<Run>(store, 'run', id),
    runbooks: () => [...state.runbooks.values()],
    runbookProblems: () => settings.runbookProblems(),
    capsule: (id) => capsuleOf(options, state, id),
    preview: (runbook, params) => previewRun({ state, hands, nowMs }, runbook, params),
    deliveries: hands.deliveries,
    healing: (service) => isHealing(state, service),
    command: (command, actor) => driver.take({ kind: 'commanded', command, actor }),
    configure,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async stop() {
      for (const dispose of disposers) dispose();
      driver.stop();
      await Promise.all([hands.stop(), options.capsules.stop()]);
    },
  };
}

function remembered(store: Store, nowMs: number): readonly LoopRecord[] {
  return kinds.flatMap((kind) => {
    const isStory = kind === 'run' || kind === 'incident';
    return store.records(kind, isStory ? nowMs - rememberedMs : 0);
  });
}

function stored<Body>(store: Store, kind: string, id: string): Body | null {
  const found = store.records(kind).find((record) => record.id === id);
  return found === undefined ? null : (found.body as Body);
}

function capsuleOf(
  { store, capsules }: LoopOptions,
  state: LoopState,
  id: string,
): Promise<Capsule> {
  const incident = state.incidents.get(id) ?? stored<Incident>(store, 'incident', id);
  assert(incident !== null, 'capsules are asked for of incidents that exist');
  const runs = incident.runIds.flatMap(
    (run) => state.runs.get(run) ?? stored<Run>(store, 'run', run) ?? [],
  );
  return capsules.capsule({ incident, runs, stack: state.picture.stack });
}

function isHealing({ incidents, runs }: LoopState, service: string): boolean {
  for (const incident of incidents.values()) {
    if (incident.state !== 'healing' && incident.state !== 'verifying') continue;
    const acting = incident.runIds.some((id) => {
      const run = runs.get(id);
      const isOn = run?.plan.targets.includes(service) ?? false;
      return isOn && run?.actor !== 'supervisor' && run?.phase !== 'ended';
    });
    if (acting) return true;
  }
  return false;
}

type Carrying = Readonly<{ options: LoopOptions; hands: LoopHands; state: LoopState }>;

function carryOut(
  { options, hands, state }: Carrying,
  effect: OtherEffect,
  take: (event: LoopEvent) => void,
): void {
  switch (effect.kind) {
    case 'tell': {
      const { topic: kind, service, severity, text, data } = effect;
      options.journal.append({ kind, service, instance: null, severity, text, data });
      return;
    }
    case 'notify': {
      const incident = state.incidents.get(effect.incidentId);
      if (incident !== undefined) hands.notify(incident, effect.change);
      return;
    }
    case 'examine': {
      const { incidentId } = effect;
      void hands
        .examine(effect.services)
        .catch(() => [])
        .then((exams) => take({ kind: 'examined', incidentId, exams }));
      return;
    }
    case 'ask': {
      const { ask } = effect;
      void hands
        .answer(effect.calls, effect.timeoutMs)
        .catch(() => [])
        .then((answers) => take({ kind: 'answered', ask, answers }));
      return;
    }
    case 'keep-evidence': {
      const { runId } = effect;
      void hands
        .keepEvidence(runId, effect.items)
        .catch(() => [])
        .then((files) => take({ kind: 'evidence-kept', runId, files }));
      return;
    }
    default:
      return void carryDeed(hands, effect).then(take);
  }
}

type DeedEffect = Extract<
  OtherEffect,
  Readonly<{ kind: 'capture' | 'act' | 'undo' | 'observe-act' }>
>;

function carryDeed({ actions }: LoopHands, effect: DeedEffect): Promise<LoopEvent> {
  switch (effect.kind) {
    case 'capture':
      return actions.capture(effect);
    case 'act':
      return actions.act(effect);
    case 'undo':
      return actions.undo(effect);
    case 'observe-act':
      return actions.observe(effect);
    default:
      return effect satisfies never;
  }
}

const reflexReasons: ReadonlyMap<string, Reflex['action']> = new Map([
  ['crash', 'service.start'],
  ['unexpected-exit', 'service.start'],
  ['unknown-exit', 'service.start'],
  ['hang', 'service.restart'],
  ['memory-limit', 'service.restart'],
  ['port-stolen', 'port.reassign'],
]);

/** What the supervisor and the health part mend by themselves. */
function watchReflexes(link: SupervisorLink, take: (reflex: Reflex) => void): Disposer {
  const told = new Set<string>(link.instances().flatMap(({ token }) => token ?? []));
  const seen = (view: InstanceView): void => {
    const { service, instance, token, startReason, pid } = view;
    if (token === null || pid === null || told.has(token)) return;
    told.add(token);
    if (told.size > 5_000) told.delete(told.values().next().value ?? '');
    const action = reflexReasons.get(startReason ?? '');
    if (action === undefined) return;
    take({ kind: 'reflex', service, instance, action, reason: startReason ?? '', token });
  };
  return link.onNotice((notice) => {
    if (notice.kind === 'instance-changed') seen(notice.view);
    if (notice.kind !== 'continued') return;
    const { instance, token } = notice;
    const service = link.instance(instance)?.service ?? instance;
    const action = 'process.signal';
    take({ kind: 'reflex', service, instance, action, reason: 'stopped', token: `${token}:cont` });
  });
}
