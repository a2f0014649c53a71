/**
 * What one check knows about one run: up, down or not yet decided, and whether it flaps.
 *
 * Down after `downAfter` failures in a row, up after `upAfter` successes; the first success after a
 * start is enough. Failures that say nothing about the process (an answer of 503, a port that
 * somebody else holds) are counted apart from those that mean it no longer moves, because only the
 * latter may restart. Flapping is Nagios's weighted share of state changes over the last 21 checks.
 * Sources: Kubernetes, "Probe"; Nagios Core, "Detection and Handling of State Flapping".
 */
import type { HealthCheck, ProbeResult } from './health-check.ts';

/**
 * - `answered`: something spoke within the deadline, whatever it said
 * - `silent`: nothing spoke before the deadline
 * - `absent`: nobody is there to speak (refused, no such file)
 */
export type Answer = 'answered' | 'silent' | 'absent';
export type Finding = ProbeResult & Readonly<{ answer: Answer }>;

export type CheckState = {
  readonly check: HealthCheck;
  /** null: not decided in this run. */
  up: boolean | null;
  everUp: boolean;
  failedInRow: number;
  okInRow: number;
  /** Failures in a row that count against liveness. */
  deadInRow: number;
  /** When the first of them was seen; null: none. */
  deadSinceMs: number | null;
  /** Failures in a row because a foreign process holds the address. */
  stolenInRow: number;
  /** Oldest first, at most 21; failures that did not count are left out. */
  readonly history: boolean[];
  flapping: boolean;
  /** It is asked and decides nothing. */
  silenced: boolean;
  last: Finding | null;
  /** Monotonic; null before the first result. */
  lastAtMs: number | null;
};

export type CheckChange = 'went-up' | 'went-down' | 'flapping-began' | 'flapping-ended';

const historyLength = 21;
const flappingFromRatio = 0.5;
const steadyBelowRatio = 0.25;

export function openCheckState(check: HealthCheck): CheckState {
  return {
    check,
    up: null,
    everUp: false,
    failedInRow: 0,
    okInRow: 0,
    deadInRow: 0,
    deadSinceMs: null,
    stolenInRow: 0,
    history: [],
    flapping: false,
    silenced: false,
    last: null,
    lastAtMs: null,
  };
}

/** `counts` false: the result is shown but decides nothing (start period, our own pause). */
export function recordFinding(
  state: CheckState,
  finding: Finding,
  nowMs: number,
  counts: boolean,
): readonly CheckChange[] {
  state.last = finding;
  state.lastAtMs = nowMs;
  if (finding.ok) return recordSuccess(state);
  return counts ? recordFailure(state, finding, nowMs) : [];
}

function recordSuccess(state: CheckState): readonly CheckChange[] {
  const changes: CheckChange[] = [];
  clearFailures(state);
  state.okInRow += 1;
  const enough = !state.everUp || state.okInRow >= state.check.upAfter;
  if (state.up !== true && enough) {
    state.up = true;
    state.everUp = true;
    changes.push('went-up');
  }
  return [...changes, ...recordHistory(state, true)];
}

function recordFailure(state: CheckState, finding: Finding, nowMs: number): readonly CheckChange[] {
  const changes: CheckChange[] = [];
  state.okInRow = 0;
  state.failedInRow += 1;
  state.deadInRow = countsAgainstLiveness(state, finding) ? state.deadInRow + 1 : 0;
  state.deadSinceMs = state.deadInRow === 0 ? null : (state.deadSinceMs ?? nowMs);
  state.stolenInRow = finding.attested === false ? state.stolenInRow + 1 : 0;
  if (state.up !== false && state.failedInRow >= state.check.downAfter) {
    state.up = false;
    changes.push('went-down');
  }
  return [...changes, ...recordHistory(state, false)];
}

/** Forgets failures in a row, so that the next verdict needs `downAfter` fresh ones. */
export function clearFailures(state: CheckState): void {
  state.failedInRow = 0;
  state.deadInRow = 0;
  state.deadSinceMs = null;
  state.stolenInRow = 0;
}

/**
 * May this failure restart? Never a readiness check, nor a port that is not ours to lose. A check
 * that says `liveness` means every failure. One that is `both` may touch a dependency, so an answer,
 * be it 503, proves that the process moves; only silence counts, or a listener that was there in
 * this run and is gone.
 */
export function countsAgainstLiveness(state: CheckState, finding: Finding): boolean {
  if (finding.ok || finding.attested === false) return false;
  switch (state.check.role) {
    case 'readiness':
      return false;
    case 'liveness':
      return true;
    case 'both':
      return finding.answer === 'silent' || (finding.answer === 'absent' && state.everUp);
    default:
      return state.check.role satisfies never;
  }
}

/**
 * A bad answer proves that the process moves: a blip of three seconds restarts nobody, however
 * often it was asked meanwhile. Silence and absence count as they come.
 */
const leastBadMs = 3_500;

export function isDead(state: CheckState): boolean {
  if (state.deadInRow < state.check.downAfter) return false;
  const { last, lastAtMs, deadSinceMs } = state;
  if (last?.answer !== 'answered') return true;
  return (lastAtMs ?? 0) - (deadSinceMs ?? 0) >= leastBadMs;
}

export function isStolen(state: CheckState): boolean {
  return state.stolenInRow >= state.check.downAfter;
}

function recordHistory(state: CheckState, ok: boolean): readonly CheckChange[] {
  state.history.push(ok);
  if (state.history.length > historyLength) state.history.shift();
  const ratio = changeRatio(state.history);
  if (!state.flapping && ratio >= flappingFromRatio) {
    state.flapping = true;
    return ['flapping-began'];
  }
  if (state.flapping && ratio < steadyBelowRatio) {
    state.flapping = false;
    return ['flapping-ended'];
  }
  return [];
}

/**
 * Weighted share of changes, 0-1: the newest of the 20 possible changes weighs 1.2, the oldest 0.8.
 * A short history counts as steady before it began.
 */
export function changeRatio(history: readonly boolean[]): number {
  const slots = historyLength - 1;
  let sum = 0;
  for (let i = 1; i < history.length; i += 1) {
    if (history[i] === history[i - 1]) continue;
    const age = history.length - 1 - i;
    sum += 1.2 - (0.4 * age) / (slots - 1);
  }
  return sum / slots;
}
