/** One drill: all is well, a fault, its signal, what Fettle makes of it, the way back, all is well. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptDocument, IncidentRow } from '@fettle/sdk/api/incidents';
import type { StatusDocument } from '@fettle/sdk/api/status';
import type { Dice } from './dice.ts';
import { touches, type DrillResult, type TemptingResult } from './drill-result.ts';
import {
  comesTrue,
  dependantsOf,
  isUnwell,
  pause,
  until,
  unwell,
  type DrillStack,
} from './drill-stack.ts';
import { reflex, type Fault, type Injected } from './fault.ts';
import { restartsOf } from './hands.ts';

const signalMs = 15_000;
/** From the fault to the end of its incident, verification included. */
const drillMs = 200_000;
const calmMs = 60_000;
/** An incident may close by itself for so long. */
const closeMs = 20_000;
/** So often it is looked whether another opens, and so long after the last was closed. */
const calmTries = 5;
const echoMs = 2_000;
const pollMs = 400;
/** A reflex that healed leaves so long for an incident to be told. */
const reflexMs = 8_000;

type Watch = {
  symptomMs: number | null;
  curedMs: number | null;
  verifiedMs: number | null;
  incidents: readonly IncidentRow[];
  /** By incident: what it was held for when the first act or the call of a person was decided. */
  decided: Map<string, IncidentRow['diagnosis']>;
  /** Services that were unwell before the first act, and those that became so after it. */
  unwellBefore: Map<string, string>;
  unwellAfter: Map<string, string>;
  late: boolean;
};

/**
 * Nothing open, nobody unwell. What was given to a person is closed by that person: by us, once all
 * is well. @throws RangeError when it does not come to that.
 */
export async function untilCalm(stack: DrillStack): Promise<StatusDocument> {
  const well = async (): Promise<StatusDocument> => {
    let status = await stack.loop.status();
    const calm = await comesTrue(async () => {
      status = await stack.loop.status();
      return unwell(status).length === 0;
    }, calmMs);
    if (calm !== null) return status;
    const sick = status.services.filter(isUnwell).map(({ name, why }) => `${name}: ${why}`);
    throw new RangeError(`not well after ${calmMs / 1_000} s: ${sick.join('; ')}`);
  };
  await well();
  // What still shows for a while opens another, which would swallow the next fault.
  for (let left = calmTries; left > 0; left -= 1) {
    const none = async (): Promise<boolean> => (await openIncidents(stack)).length === 0;
    if ((await comesTrue(none, closeMs)) !== null) {
      await pause(echoMs);
      if (await none()) break;
    } else
      for (const { id } of await openIncidents(stack))
        await stack.fettle('incidents', 'resolve', id);
  }
  return well();
}

/** Its files are good versions: `good_after` of the drill's policy, and a look every few seconds. */
const provenMs = 22_000;
const proven = new WeakSet<DrillStack>();

async function untilProven(stack: DrillStack): Promise<void> {
  if (proven.has(stack)) return;
  proven.add(stack);
  await untilCalm(stack);
  await pause(provenMs);
}

async function openIncidents({ loop }: DrillStack): Promise<readonly IncidentRow[]> {
  return (await loop.incidents()).filter(({ state }) => state !== 'resolved');
}

export async function runDrill(
  stack: DrillStack,
  fault: Fault,
  { dice, round, trace }: Readonly<{ dice: Dice; round: number; trace: string | null }>,
): Promise<DrillResult> {
  await untilProven(stack);
  const before = await untilCalm(stack);
  await fault.settle?.(stack);
  const known = new Set((await stack.loop.incidents()).map(({ id }) => id));
  const beganMs = performance.now();
  const injected = await fault.inject(stack, dice);
  try {
    const signal = comesTrue(injected.signal.shows, injected.signal.withinMs ?? signalMs);
    const watch = await watchDrill(stack, injected, { beganMs, known });
    const given = { stack, fault, injected, watch, before, beganMs, round };
    const result = judge({ ...given, signal: await signal });
    if (trace !== null) {
      const { targets } = injected.expected;
      await keepTrace(stack, result, { folder: trace, watch, targets });
    }
    return result;
  } finally {
    await injected.undo();
  }
}

async function watchDrill(
  stack: DrillStack,
  injected: Injected,
  { beganMs, known }: Readonly<{ beganMs: number; known: ReadonlySet<string> }>,
): Promise<Watch> {
  const watch: Watch = {
    symptomMs: null,
    curedMs: null,
    verifiedMs: null,
    incidents: [],
    decided: new Map(),
    unwellBefore: new Map(),
    unwellAfter: new Map(),
    late: false,
  };
  for (;;) {
    const nowMs = performance.now();
    const [status, incidents] = await Promise.all([stack.loop.status(), stack.loop.incidents()]);
    watch.incidents = incidents.filter(({ id }) => !known.has(id));
    for (const one of watch.incidents)
      if ((isCalled(one) || one.attempts.some(touches)) && !watch.decided.has(one.id))
        watch.decided.set(one.id, one.diagnosis);
    const acted = watch.incidents.some(({ attempts }) => attempts.some(touches));
    for (const { name, state, why } of status.services.filter(isUnwell))
      (acted ? watch.unwellAfter : watch.unwellBefore).set(name, `${state}: ${why}`);
    if (watch.incidents.length > 0) watch.symptomMs ??= nowMs;
    if (await injected.cured().catch(() => false)) watch.curedMs ??= performance.now();
    else watch.curedMs = null;
    if (isOver(watch, injected, nowMs)) return watch;
    if (nowMs - beganMs > drillMs) return { ...watch, late: true };
    await pause(pollMs);
  }
}

function isOver(watch: Watch, { right }: Injected, nowMs: number): boolean {
  const { incidents, curedMs } = watch;
  if (incidents.some(isCalled)) return true;
  const closed = incidents.every(({ state }) => state === 'resolved');
  if (curedMs === null || !closed) return false;
  if (incidents.length > 0) {
    watch.verifiedMs = nowMs;
    return true;
  }
  return right.some(({ action }) => action === 'reflex') && nowMs - curedMs > reflexMs;
}

/** A person has it, or is asked for a yes. */
const isCalled = ({ escalated, state }: IncidentRow): boolean =>
  escalated || state === 'awaiting-approval';

type Case = Readonly<{
  stack: DrillStack;
  fault: Fault;
  injected: Injected;
  watch: Watch;
  before: StatusDocument;
  beganMs: number;
  round: number;
  /** ms until the signal; null: not seen. */
  signal: number | null;
}>;

/** The incident that tells of this fault: one whose cause is expected, else the first. */
function incidentOf({ watch, injected }: Case): IncidentRow | null {
  const { classes, targets } = injected.expected;
  const rank = ({ diagnosis, services }: IncidentRow): number =>
    (diagnosis !== null && targets.includes(diagnosis.target) ? 2 : 0) +
    (diagnosis !== null && classes.includes(diagnosis.class) ? 1 : 0) +
    (services.some((name) => targets.includes(name)) ? 1 : 0);
  return watch.incidents.toSorted((a, b) => rank(b) - rank(a))[0] ?? null;
}

/** What it decided by; where nothing was decided, what it thought last. */
function diagnosisOf({ watch }: Case, incident: IncidentRow | null): IncidentRow['diagnosis'] {
  return watch.decided.get(incident?.id ?? '') ?? incident?.diagnosis ?? null;
}

function judge(one: Case): DrillResult {
  const { stack, fault, injected, watch, beganMs } = one;
  const incident = incidentOf(one);
  const diagnosis = diagnosisOf(one, incident);
  const attempts = watch.incidents.flatMap((each) => each.attempts).filter(touches);
  const escalated = watch.incidents.some(isCalled);
  const remedyRight = isRight(one, attempts, escalated);
  const seconds = (ms: number | null): number | null =>
    ms === null ? null : Math.round((ms - beganMs) / 100) / 10;
  return {
    stack: stack.kind,
    seed: stack.seed,
    round: one.round,
    fault: fault.name,
    family: fault.family,
    did: injected.did,
    signalS: one.signal === null ? null : Math.round(one.signal / 100) / 10,
    symptomS: seconds(watch.symptomMs),
    diagnosis:
      diagnosis === null
        ? null
        : {
            class: diagnosis.class,
            target: diagnosis.target,
            confidence: diagnosis.confidence,
          },
    diagnosedRight:
      diagnosis !== null &&
      injected.expected.classes.includes(diagnosis.class) &&
      injected.expected.targets.includes(diagnosis.target),
    acts: watch.incidents
      .flatMap((each) => each.attempts)
      .map(
        ({ action, target, state, actor }) =>
          `${action} ${target}${state === 'done' ? '' : ` (${state})`}${actor === 'supervisor' ? ' by reflex' : ''}`,
      ),
    remedyRight,
    curedS: seconds(watch.curedMs),
    verifiedS: seconds(watch.verifiedMs),
    escalated,
    healed: remedyRight && (escalated || watch.curedMs !== null),
    undoneSteps: attempts.filter(({ undone }) => undone).length,
    incidents: watch.incidents.length,
    harm: harmOf(one, attempts),
    note: noteOf(one, incident),
  };
}

function isRight(
  { injected: { right, expected } }: Case,
  attempts: readonly AttemptDocument[],
  escalated: boolean,
): boolean {
  const allowed = (action: string) => right.find((remedy) => remedy.action === action);
  // Before a person is called only what is right may have been tried.
  if (escalated)
    return allowed('escalate') !== undefined && attempts.every(({ action }) => allowed(action));
  if (attempts.length === 0) return allowed('reflex') !== undefined;
  return attempts.some(({ action, target }) => {
    const remedy = allowed(action);
    if (remedy === undefined) return false;
    return remedy.target === undefined
      ? expected.targets.includes(target) || target.startsWith('@') || target === ''
      : remedy.target === target;
  });
}

/** Acts on the uninvolved, and services that became unwell by an act. */
function harmOf(one: Case, attempts: readonly AttemptDocument[]): readonly string[] {
  const { injected, watch, before } = one;
  const { targets } = injected.expected;
  const involved = new Set([
    ...targets,
    ...injected.right.flatMap(({ target }) => target ?? []),
    ...attempts.flatMap(({ target }) => (target.startsWith('@') ? [target] : [])),
  ]);
  const suffers = new Set([...involved].flatMap((name) => [name, ...dependantsOf(before, name)]));
  const strange = attempts
    .filter(({ target }) => !involved.has(target))
    .map(({ action, target }) => `${action} of ${target}, which had no part in it`);
  const hurt = [...watch.unwellAfter]
    .filter(([name]) => !watch.unwellBefore.has(name) && !suffers.has(name))
    .map(([name, why]) => `${name} became unwell after an act: ${why}`);
  return [...strange, ...hurt];
}

function noteOf({ watch, signal }: Case, incident: IncidentRow | null): string | null {
  if (signal === null) return 'the fault did not show';
  if (incident === null) return 'no incident';
  const [decided, last] = [watch.decided.get(incident.id), incident.diagnosis];
  if (decided && last && decided.class !== last.class)
    return `decided by ${decided.class} of ${decided.target}, ended as ${last.class} of ${last.target}`;
  if (watch.late) return `not over in ${drillMs / 1_000} s: ${incident.state}, ${incident.title}`;
  return incident.escalationReason ?? (watch.incidents.length > 1 ? titles(watch) : null);
}

const titles = ({ incidents }: Watch): string =>
  incidents.map(({ id, title }) => `${id} ${title}`).join('; ');

/** What Fettle knew, thought and did, for whoever wants to know why a drill went as it did. */
async function keepTrace(
  stack: DrillStack,
  result: DrillResult,
  {
    folder,
    watch,
    targets,
  }: Readonly<{ folder: string; watch: Watch; targets: readonly string[] }>,
): Promise<void> {
  const status = await stack.loop.status();
  const incidents = await Promise.all(watch.incidents.map(({ id }) => stack.loop.incident(id)));
  const logs = await Promise.all(
    targets.map(async (name) => [name, (await stack.fettle('logs', name)).stdout.slice(-20_000)]),
  );
  const file = `${result.stack}-${result.round}-${result.fault}.json`;
  mkdirSync(folder, { recursive: true });
  const told = { result, incidents, status, logs: Object.fromEntries(logs) };
  writeFileSync(join(folder, file), JSON.stringify(told, null, 2));
}

/** With the loop paused: the remedy that tempts is carried out, and the fault must go on. */
export async function runTempting(
  stack: DrillStack,
  fault: Fault,
  dice: Dice,
): Promise<TemptingResult | null> {
  await untilCalm(stack);
  await stack.fettle('pause');
  const before = await stack.loop.status();
  const injected = await fault.inject(stack, dice);
  try {
    const { tempting, signal, expected, right } = injected;
    if (tempting === null) return null;
    await until(`${fault.name} to show`, signal.shows, signal.withinMs ?? signalMs);
    await tempting.run();
    // A cure holds: it must be seen for two seconds on end.
    const cured = await comesTrue(async () => {
      if (!(await injected.cured())) return false;
      await pause(2_000);
      return injected.cured();
    }, 10_000);
    // What the health part mended meanwhile, paused or not, tells nothing of what tempted.
    const victim = before.services.find(({ name }) => name === expected.targets[0]);
    if (victim !== undefined && right.includes(reflex)) {
      if ((await restartsOf(stack, victim.name)) > victim.restarts) return null;
    }
    return { stack: stack.kind, fault: fault.name, what: tempting.what, cured: cured !== null };
  } finally {
    await injected.undo();
    await stack.fettle('resume');
  }
}
