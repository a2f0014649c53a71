/**
 * One run under watch: its checks, whether it may serve and whether it lives, and what is being
 * done about a hang. Startup, readiness and liveness are three questions with three answers.
 */
import type { HealthCheck } from './health-check.ts';
import { isDead, openCheckState, type CheckState } from './health-state.ts';

export type WatchedRun = {
  readonly instance: string;
  readonly service: string;
  /** null: external, probed only. */
  readonly token: string | null;
  readonly startedMs: number;
  checks: CheckState[];
  crashLoop: boolean;
  /** Failures before this moment decide nothing; progress moves it. */
  graceUntilMs: number;
  /** Progress moves `graceUntilMs` no further than this. */
  graceLimitMs: number;
  /** Last said to the supervisor; null: nothing yet. */
  ready: boolean | null;
  alive: boolean;
  /** A debugger holds it: no act until it answers again. */
  held: boolean;
};

/** A hang being mended; outlives the run that hung. */
export type Mending = {
  readonly instance: string;
  readonly token: string;
  /** The first failed probe of the hang. */
  readonly sinceMs: number;
  phase: 'examining' | 'continuing' | 'ending' | 'restarting';
  /** Given up as a mending after this; what then is wrong is an ordinary failure. */
  untilMs: number;
};

/** Verdicts about runs that outlived the last controller wait this long. */
export const settleMs = 5_000;
/** Progress stretches the start period to at most this many times itself. */
const stretch = 10;
const mendingMs = 60_000;

export function openRun(
  run: Readonly<{
    instance: string;
    service: string;
    token: string | null;
    checks: readonly HealthCheck[];
    startedMs: number;
    adopted: boolean;
    crashLoop: boolean;
  }>,
  nowMs: number,
): WatchedRun {
  const periodMs = startPeriodMs(run.checks);
  const startGraceMs = run.startedMs + periodMs;
  return {
    instance: run.instance,
    service: run.service,
    token: run.token,
    startedMs: run.startedMs,
    checks: run.checks.map(openCheckState),
    crashLoop: run.crashLoop,
    graceUntilMs: run.adopted ? Math.max(startGraceMs, nowMs + settleMs) : startGraceMs,
    graceLimitMs: run.startedMs + periodMs * stretch,
    ready: null,
    alive: true,
    held: false,
  };
}

export function startPeriodMs(checks: readonly HealthCheck[]): number {
  return Math.max(0, ...checks.map((check) => check.startPeriodMs));
}

/** A sign of work while starting: the start period counts anew from here, up to the limit. */
export function extendGrace(run: WatchedRun, nowMs: number): void {
  if (nowMs > run.graceUntilMs || isUp(run)) return;
  const wantedMs = nowMs + startPeriodMs(run.checks.map(({ check }) => check));
  run.graceUntilMs = Math.max(run.graceUntilMs, Math.min(run.graceLimitMs, wantedMs));
}

/** Does a failure of this check count now? The start period ends at the check's first success. */
export function failureCounts(run: WatchedRun, state: CheckState, nowMs: number): boolean {
  return state.everUp || nowMs >= run.graceUntilMs;
}

/** null: not decided. Required readiness decides; without one, all required checks do. */
export function readinessOf(run: WatchedRun): boolean | null {
  const required = run.checks.filter(({ check, silenced }) => check.required && !silenced);
  const gates = required.filter(({ check }) => check.role !== 'liveness');
  const deciding = gates.length > 0 ? gates : required;
  if (deciding.some(({ up }) => up === false)) return false;
  return deciding.every(({ up }) => up === true) ? true : null;
}

export function isUp(run: WatchedRun): boolean {
  return readinessOf(run) === true;
}

export function deadCheck(run: WatchedRun): CheckState | undefined {
  return run.checks.find((state) => isDead(state) && !state.flapping && !state.silenced);
}

export function isAlive(run: WatchedRun): boolean {
  return !run.checks.some((state) => isDead(state) && !state.silenced);
}

export function openMending(
  run: WatchedRun,
  token: string,
  dead: CheckState,
  nowMs: number,
): Mending {
  const untilMs = nowMs + mendingMs + startPeriodMs(run.checks.map(({ check }) => check));
  const sinceMs = dead.deadSinceMs ?? nowMs;
  return { instance: run.instance, token, sinceMs, phase: 'examining', untilMs };
}
