/**
 * Decides whether a run that ended by itself is followed by another, and after how long.
 *
 * The first restart is immediate: most crashes are one-offs. Further ones within the period wait,
 * exponentially longer with full jitter. More than `count` within `periodMs` is a crash loop:
 * restarting is not the cure, so somebody else must look; but we never give up silently, and go on
 * at the cap. Source: Erlang/OTP `supervisor`, "Restart intensity and period".
 */
import { backoffMs, jitteredMs } from '@fettle/sdk/backoff';
import type { RestartIntensity, Service } from '../stack/service.ts';
import type { RunExit, StartReason } from './run.ts';

export type RestartRules = Readonly<Pick<Service, 'restart' | 'oneShot' | 'rerun' | 'intensity'>>;

export type ExitVerdict =
  | Readonly<{ kind: 'restart'; reason: StartReason }>
  | Readonly<{ kind: 'done' }>
  /** Stays down and needs a person (or a dependency-free decision of theirs). */
  | Readonly<{ kind: 'failed' }>;

/** What an end that nobody asked for means under the service's rules. */
export function decideExit(rules: RestartRules, exit: RunExit): ExitVerdict {
  const clean = exit.kind === 'code' && exit.code === 0;
  if (clean) {
    if (rules.oneShot || rules.restart === 'no' || rules.restart === 'on-failure') {
      return { kind: 'done' };
    }
    return { kind: 'restart', reason: 'unexpected-exit' };
  }
  const reason = exit.kind === 'unknown' ? 'unknown-exit' : 'crash';
  if (rules.oneShot) {
    if (exit.kind === 'unknown') {
      return rules.rerun === 'safe' ? { kind: 'restart', reason } : { kind: 'failed' };
    }
    return rules.restart === 'on-failure' ? { kind: 'restart', reason } : { kind: 'failed' };
  }
  return rules.restart === 'no' ? { kind: 'failed' } : { kind: 'restart', reason };
}

/** Reasons that count toward the intensity: the service's own fault, not our decision. */
export function isCounted(reason: StartReason): boolean {
  switch (reason) {
    case 'crash':
    case 'unexpected-exit':
    case 'unknown-exit':
    case 'hang':
    case 'memory-limit':
    case 'process-limit':
    case 'port-stolen':
    case 'hook-failed':
      return true;
    case 'first-start':
    case 'operator-start':
    case 'operator-restart':
    case 'config-changed':
    case 'dependency-restarted':
    case 'dependency-moved':
    case 'scaled-up':
    case 'reset':
    case 'schedule':
      return false;
    default:
      return reason satisfies never;
  }
}

/** Restarts that nobody asked for by hand. */
export function isRestartOfOurs(reason: StartReason): boolean {
  return isCounted(reason) || reason === 'dependency-moved' || reason === 'dependency-restarted';
}

export type RestartHistory = Readonly<{
  /** When counted restarts happened, monotonic ms, oldest first. */
  restartsMs: readonly number[];
  /** Already in a crash loop, which only a healthy period ends. */
  crashLoop: boolean;
}>;
export type RestartWait = Readonly<{ delayMs: number; crashLoop: boolean }>;

/** `random` in [0, 1). */
export function decideWait(
  intensity: RestartIntensity,
  history: RestartHistory,
  nowMs: number,
  random: number,
): RestartWait {
  const { backoff, count, periodMs } = intensity;
  const recent = history.restartsMs.filter((atMs) => nowMs - atMs <= periodMs).length;
  if (history.crashLoop || recent >= count) {
    return { delayMs: jitteredMs(backoff.maxMs, random), crashLoop: true };
  }
  if (recent === 0) return { delayMs: 0, crashLoop: false };
  return { delayMs: jitteredMs(backoffMs(backoff, recent - 1), random), crashLoop: false };
}
