/**
 * Decides a capsule again, with the same engine on the same events, and says what is different: by
 * the same engine nothing is; by another one, or under another policy or runbook, what would have
 * been decided. The answers of the world stay as they were recorded, so that from the first
 * different request on they answer what was not asked: that place is told.
 */
import type { HealWish } from '../stack/heal-wish.ts';
import { flagsOf, policyOf } from '../loop/plan/policy-of.ts';
import type { Runbook } from '../loop/plan/runbook.ts';
import type { LoopEvent } from '../loop-event.ts';
import type { LoopState } from '../loop-state.ts';
import { stepLoop } from '../loop-step.ts';
import { thawEvent, type Capsule } from './capsule.ts';
import { cleanerOf } from './clean.ts';
import type { Decision, DecisionBook } from './decisions.ts';
import { thawLoop } from './freeze.ts';
import type { Fault } from './frozen.ts';
import { traceOf, type Trace } from './trace.ts';

export type Overrides = Readonly<{
  /** As if this were `policy.yaml`; absent: as it was. */
  policy?: Readonly<{
    heal: HealWish | null;
    selfHealing: Readonly<Record<string, number>> | null;
  }>;
  /** Instead of those of the same names, or besides. */
  runbooks?: readonly Runbook[];
}>;

/** `event`: place in the capsule, from 0. */
export type Placed = Readonly<{ event: number; atMs: number }> & Decision;

export type Difference = Readonly<{
  event: number;
  atMs: number;
  /** null: it was not decided then, or is not decided now. */
  was: Decision | null;
  now: Decision | null;
}>;

/** The first event whose answer differs in anything, also in what is no decision. */
export type Divergence = Readonly<{ event: number; atMs: number; on: LoopEvent['kind'] }>;

export type Replay = Readonly<{
  was: readonly Placed[];
  now: readonly Placed[];
  differences: readonly Difference[];
  divergesAt: Divergence | null;
  /** From here on the recorded answers are not what was asked for; null: they always are. */
  unfitFrom: (Divergence & Readonly<{ was: string | null; now: string | null }>) | null;
}>;

export type Replayed =
  | Readonly<{ replay: Replay; fault: null }>
  | Readonly<{ replay: null; fault: Fault }>;

export function replay(capsule: Capsule, overrides: Overrides = {}): Replayed {
  const thawed = thawLoop(capsule.state);
  if (thawed.fault !== null) return { replay: null, fault: thawed.fault };
  const { state } = thawed;
  const clean = cleanerOf(state.picture.stack);
  const book: DecisionBook = new Map();
  const isOurs = ({ incident }: Decision): boolean => capsule.incidents.includes(incident);
  const was: Placed[] = [];
  const now: Placed[] = [];
  let divergesAt: Divergence | null = null;
  let unfitFrom: Replay['unfitFrom'] = null;
  override(state, overrides);
  for (const [event, recorded] of capsule.events.entries()) {
    const { nowMs: atMs } = recorded;
    const read = thawEvent(recorded.event, `events[${event}].event`);
    if (read.fault !== null) return { replay: null, fault: read.fault };
    const told = decide(state, overridden(state, read.event, overrides), atMs);
    if (told.fault !== null)
      return { replay: null, fault: { ...told.fault, at: `events[${event}].event` } };
    const trace = traceOf(told.effects, book, clean);
    const place: Divergence = { event, atMs, on: read.event.kind };
    if (trace.sum !== recorded.sum) divergesAt ??= place;
    unfitFrom ??= unfit(recorded, trace, place);
    was.push(...recorded.decided.filter(isOurs).map((decision) => ({ event, atMs, ...decision })));
    now.push(...trace.decided.filter(isOurs).map((decision) => ({ event, atMs, ...decision })));
  }
  const differences = differencesOf(was, now);
  return { replay: { was, now, differences, divergesAt, unfitFrom }, fault: null };
}

type Decided =
  | Readonly<{ effects: ReturnType<typeof stepLoop>; fault: null }>
  | Readonly<{ effects: null; fault: Omit<Fault, 'at'> }>;

/** A capsule that was written by hand may hold what no shell would tell. */
function decide(state: LoopState, event: LoopEvent, nowMs: number): Decided {
  try {
    return { effects: stepLoop(state, event, nowMs), fault: null };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { effects: null, fault: { message: `cannot be decided: ${message}` } };
  }
}

function override(state: LoopState, { policy, runbooks = [] }: Overrides): void {
  const { stack } = state.picture;
  if (policy !== undefined) {
    state.policy = policyOf(stack, policy.heal);
    state.flags = flagsOf(stack, policy.selfHealing);
  }
  for (const runbook of runbooks) state.runbooks.set(runbook.name, runbook);
}

function overridden(
  { picture: { stack } }: LoopState,
  event: LoopEvent,
  { policy, runbooks = [] }: Overrides,
): LoopEvent {
  if (event.kind !== 'configured') return event;
  const all = [...event.runbooks, ...runbooks];
  const byName = new Map(all.map((runbook) => [runbook.name, runbook]));
  return {
    ...event,
    runbooks: [...byName.values()],
    ...(policy === undefined
      ? {}
      : { policy: policyOf(stack, policy.heal), flags: flagsOf(stack, policy.selfHealing) }),
  };
}

function unfit(recorded: Trace, trace: Trace, place: Divergence): Replay['unfitFrom'] {
  const at = Math.max(recorded.asked.length, trace.asked.length);
  for (let index = 0; index < at; index += 1) {
    const [was = null, now = null] = [recorded.asked[index], trace.asked[index]];
    if (was !== now) return { ...place, was: plain(was), now: plain(now) };
  }
  return null;
}

/** Without its sum. */
function plain(asked: string | null): string | null {
  return asked?.replace(/ [\da-f]{8}$/, '') ?? null;
}

/** The first diagnosis beside the first, and so on; when they were decided does not matter. */
function differencesOf(was: readonly Placed[], now: readonly Placed[]): readonly Difference[] {
  const before = inOrder(was);
  const after = inOrder(now);
  const keys = new Set([...before.keys(), ...after.keys()]);
  const found = [...keys].flatMap((key): readonly Difference[] => {
    const [one, other] = [before.get(key) ?? null, after.get(key) ?? null];
    const place = one ?? other;
    if (place === null || same(one, other)) return [];
    const first = Math.min(one?.event ?? Infinity, other?.event ?? Infinity);
    const atMs = Math.min(one?.atMs ?? Infinity, other?.atMs ?? Infinity);
    return [{ event: first, atMs, was: decisionIn(one), now: decisionIn(other) }];
  });
  return found.toSorted((a, b) => a.event - b.event);
}

function inOrder(decisions: readonly Placed[]): ReadonlyMap<string, Placed> {
  const counts = new Map<string, number>();
  return new Map(
    decisions.map((decision) => {
      const key = `${decision.incident} ${decision.kind}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return [`${key} ${count}`, decision];
    }),
  );
}

function same(one: Placed | null, other: Placed | null): boolean {
  if (one === null || other === null) return one === other;
  return one.text === other.text && one.details.join('\n') === other.details.join('\n');
}

function decisionIn(placed: Placed | null): Decision | null {
  if (placed === null) return null;
  const { incident, kind, about, text, details } = placed;
  return { incident, kind, about, text, details };
}
