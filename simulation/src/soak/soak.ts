/**
 * Many ordinary days, watched by the real `observe` and `detect`: how often is there an alarm without
 * a reason? With faults also the other question: how many of them are seen, and how soon?
 *
 * Ordinary days hold deploys and restarts by an operator, dips of three seconds, late and missing
 * readings, pauses of ours, traffic with its hours, flash crowds, batches, garbage collection. An
 * alarm is a symptom that may open an incident: an error, or a warning that lasts half a minute.
 */
import type { Observation } from '@fettle/core/loop/collect/observation';
import { observe } from '@fettle/core/loop/collect/observe';
import { openPicture, type Picture } from '@fettle/core/loop/collect/picture';
import { dependenciesOf } from '@fettle/core/loop/collect/service-relations';
import { detect, openSymptoms, type SymptomBook } from '@fettle/core/loop/detect/detect';
import type { Symptom } from '@fettle/core/loop/detect/symptom';
import { allOn } from '@fettle/core/loop/plan/flags';
import { createDice, type Dice } from '../dice.ts';
import { figuresOf, linesOf, openEveryday, passTime } from './everyday.ts';
import { afflict, mend, pickFault, type FaultKind, type SoakFault } from './soak-faults.ts';
import { isBusy, openSoakService, probe, restart, type SoakService } from './soak-service.ts';
import { soakStack } from './soak-stack.ts';

export type SoakOptions = Readonly<{
  seed: number;
  services: number;
  days: number;
  /** Mean time between faults of one service; null: none. */
  faultEveryDays: number | null;
  /** Told after each stack of 20. */
  onStack?: (done: number, of: number) => void;
}>;

export type Alarm = Readonly<{ key: string; kind: string; text: string; atMs: number }>;

export type SoakResult = Readonly<{
  serviceDays: number;
  ticks: number;
  falseAlarms: readonly Alarm[];
  /** Symptoms that only inform, by kind. */
  told: Readonly<Record<string, number>>;
  faults: readonly Readonly<{ kind: FaultKind; secondsToSymptom: number | null }>[];
}>;

const stackSize = 20;
const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 0, 5);
const warnMs = 30_000;
/** An echo of a fault may come so long after it. */
const echoMs = 180_000;

type Soak = {
  readonly dice: Dice;
  readonly picture: Picture;
  readonly book: SymptomBook;
  readonly services: readonly SoakService[];
  readonly faults: SoakFault[];
  readonly alarms: Alarm[];
  readonly told: Record<string, number>;
  /** Warnings that may become alarms, by id. */
  readonly pending: Set<string>;
  nowMs: number;
  ticks: number;
  nextSampleMs: number;
  pauseUntilMs: number;
};

export function soak(options: SoakOptions): SoakResult {
  const stacks = Math.ceil(options.services / stackSize);
  const results = Array.from({ length: stacks }, (_, index) => {
    const size = Math.min(stackSize, options.services - index * stackSize);
    const one = soakOne(options, index, size);
    options.onStack?.(index + 1, stacks);
    return one;
  });
  return {
    serviceDays: options.services * options.days,
    ticks: results.reduce((sum, { ticks }) => sum + ticks, 0),
    falseAlarms: results.flatMap(({ alarms }) => alarms),
    told: results.reduce<Record<string, number>>((all, { told }) => {
      for (const [kind, count] of Object.entries(told)) all[kind] = (all[kind] ?? 0) + count;
      return all;
    }, {}),
    faults: results.flatMap(({ faults }) =>
      faults.map(({ kind, fromMs, seenMs }) => ({
        kind,
        secondsToSymptom: seenMs === null ? null : (seenMs - fromMs) / 1_000,
      })),
    ),
  };
}

function soakOne(options: SoakOptions, index: number, size: number): Soak {
  const dice = createDice(`soak-${options.seed}-${index}`);
  const { stack, characters } = soakStack(dice, index, size);
  const services = stack.services.map((service) => {
    const life = openEveryday(service.name, characters.get(service.name)!, dice, startMs);
    return openSoakService(service, life, startMs);
  });
  const run: Soak = {
    dice,
    picture: openPicture(startMs),
    book: openSymptoms(),
    services,
    faults: [],
    alarms: [],
    told: {},
    pending: new Set(),
    nowMs: startMs,
    ticks: 0,
    nextSampleMs: startMs,
    pauseUntilMs: 0,
  };
  take(run, [
    { kind: 'stack', stack },
    ...services.map(({ view }) => ({ kind: 'instance', view }) as const),
  ]);
  const endMs = startMs + options.days * dayMs;
  while (run.nowMs < endMs) tick(run, options.faultEveryDays);
  return run;
}

function take(run: Soak, observations: readonly Observation[]): void {
  for (const observation of observations) observe(run.picture, observation, run.nowMs);
}

function tick(run: Soak, faultEveryDays: number | null): void {
  const stepMs = run.services.some((one) => isBusy(one, run.nowMs)) ? 1_000 : 5_000;
  run.nowMs += stepMs;
  run.ticks += 1;
  pauseNowAndThen(run, stepMs);
  for (const one of run.services) {
    passTime(one.life, run.nowMs, stepMs);
    take(run, ordinaryTrouble(run, one, stepMs));
    if (faultEveryDays !== null) take(run, realTrouble(run, one, stepMs / faultEveryDays));
    take(run, probe(one, run.nowMs));
    const lines = linesOf(one.life, run.nowMs, stepMs);
    if (lines.length > 0) take(run, [linesSeen(one, lines, run.nowMs)]);
  }
  if (run.nowMs >= run.nextSampleMs) sample(run);
  const { began, going, ended } = detect(
    run.book,
    run.picture,
    { flags: allOn, ownActs: [] },
    run.nowMs,
  );
  for (const symptom of began) noteBegin(run, symptom);
  for (const symptom of going) noteGoing(run, symptom);
  for (const { id } of ended) run.pending.delete(id);
}

/** We stand still for half a minute about once a day; half of the time we notice it ourselves. */
function pauseNowAndThen(run: Soak, stepMs: number): void {
  if (!run.dice.chance(stepMs / dayMs)) return;
  const fromMs = run.nowMs;
  run.nowMs += run.dice.int(20, 60) * 1_000;
  if (run.dice.chance(0.5)) take(run, [{ kind: 'own-pause', fromMs, toMs: run.nowMs }]);
}

/** Readings every 5 s, sometimes late, sometimes missing. */
function sample(run: Soak): void {
  const { dice } = run;
  run.nextSampleMs = run.nowMs + 5_000 + (dice.chance(0.02) ? dice.int(2, 8) * 1_000 : 0);
  if (dice.chance(0.01)) return;
  const samples = run.services.flatMap(({ life }) => figuresOf(life, run.nowMs));
  const days = (run.nowMs - startMs) / dayMs;
  // Filled by day, cleaned by night.
  const used = 0.6 + 0.15 * (days % 1) + 0.002 * dice.next();
  samples.push({ subject: '@disk:/', metric: 'disk_used_ratio', value: used });
  samples.push({ subject: '@disk:/', metric: 'disk_free_bytes', value: (1 - used) * 1e11 });
  samples.push({ subject: '@host', metric: 'psi_cpu', value: 0.1 * dice.next() });
  take(run, [{ kind: 'sampled', atMs: run.nowMs, samples }]);
}

function linesSeen(one: SoakService, lines: readonly string[], atMs: number): Observation {
  const { service, instance } = one.view;
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  return { kind: 'lines', atMs, service, instance, lines, skippedLines: 0, bytes };
}

/** Deploys and restarts by an operator, told or not, and dips of three seconds. */
function ordinaryTrouble(run: Soak, one: SoakService, stepMs: number): Observation[] {
  const { dice, nowMs } = run;
  const { name } = one.service;
  if (dice.chance(stepMs / (2 * dayMs))) one.silentUntilMs = nowMs + 3_000;
  if (!dice.chance(stepMs / dayMs) || isIll(run, name)) return [];
  const isTold = dice.chance(0.7);
  const startMsOfIt = dice.int(1, 18) * 1_000;
  for (const other of run.services) {
    if (!other.service.dependsOn.some(({ service }) => service === name)) continue;
    if (dice.chance(0.6)) other.brokenUntilMs = nowMs + startMsOfIt + dice.int(0, 3) * 1_000;
  }
  const told: Observation = { kind: 'intended', atMs: nowMs, service: name, want: 'restart' };
  const reason = isTold ? 'operator-restart' : 'config-changed';
  return [...(isTold ? [told] : []), ...restart(one, reason, startMsOfIt, nowMs)];
}

function isIll(run: Soak, name: string): boolean {
  return run.faults.some(({ target, untilMs }) => target === name && run.nowMs < untilMs);
}

function realTrouble(run: Soak, one: SoakService, chancePerDay: number): Observation[] {
  const { dice, nowMs } = run;
  const { name } = one.service;
  const fault = run.faults.findLast(({ target }) => target === name);
  if (fault !== undefined && nowMs < fault.untilMs) return afflict(one, fault, nowMs);
  const justEnded = fault !== undefined && one.life.ill.sinceMs === fault.fromMs;
  if (justEnded) return mend(one, nowMs);
  if (dice.chance(chancePerDay / dayMs) && nowMs - startMs > dayMs / 8) {
    const fresh = pickFault(dice, one, nowMs);
    if (fresh !== null) run.faults.push(fresh);
  }
  return [];
}

function noteBegin(run: Soak, symptom: Symptom): void {
  if (symptom.severity === 'info') {
    run.told[symptom.kind] = (run.told[symptom.kind] ?? 0) + 1;
    return;
  }
  run.pending.add(symptom.id);
  noteGoing(run, symptom);
}

function noteGoing(run: Soak, symptom: Symptom): void {
  if (symptom.severity === 'info' || !run.pending.has(symptom.id)) return;
  if (symptom.severity === 'error' || run.nowMs - symptom.sinceMs >= warnMs) alarm(run, symptom);
}

function alarm(run: Soak, symptom: Symptom): void {
  const { target, kind, key, text } = symptom;
  const reasons = [target, ...dependenciesOf(run.picture, target)];
  let hasReason = false;
  for (const fault of run.faults) {
    if (!reasons.includes(fault.target)) continue;
    if (run.nowMs > fault.untilMs + echoMs) continue;
    hasReason = true;
    if (fault.target === target && run.nowMs <= fault.untilMs) fault.seenMs ??= run.nowMs;
  }
  run.pending.delete(symptom.id);
  if (!hasReason) run.alarms.push({ key, kind, text, atMs: run.nowMs });
}
