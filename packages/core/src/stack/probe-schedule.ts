/**
 * When a check is probed next, counted from the start of the last probe, so that a hang is seen
 * within interval x down + timeout. While a run starts, probes come often and thin out; afterwards
 * each check keeps a phase of its own, the same after every restart, so that many checks do not
 * strike at once.
 */
import type { HealthCheck } from './health-check.ts';
import type { CheckState } from './health-state.ts';

const firstMs = 50;
/** A process is dear to spawn: exec checks start slower. */
const firstExecMs = 250;
const growth = 1.6;
/** While a continued or restarted process is expected back. */
const hastenedMs = 150;

export type Pace = Readonly<{
  /** Probes begun in this run. */
  count: number;
  /** The last probe was the first success of the run: the phase is set now. */
  settling: boolean;
  hastened: boolean;
}>;

export function probeGapMs(id: string, state: CheckState, pace: Pace): number {
  const { check } = state;
  if (pace.hastened) return Math.min(hastenedMs, check.intervalMs);
  if (pace.settling) return check.intervalMs * (0.5 + 0.5 * phaseOf(id));
  if (!state.everUp && state.up === null) return startGapMs(check, pace.count);
  return check.intervalMs;
}

function startGapMs(check: HealthCheck, count: number): number {
  const base = check.probe.kind === 'exec' ? firstExecMs : firstMs;
  const steadyMs = check.startIntervalMs > 0 ? check.startIntervalMs : check.intervalMs;
  const capMs = Math.min(steadyMs, check.intervalMs);
  return Math.min(capMs, base * growth ** Math.min(count, 40));
}

/** In [0, 1), the same for the same id. Source: FNV-1a, 32 bit. */
export function phaseOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1)
    hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  // One more mixing round: ids that differ in the last letter shall land far apart.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
