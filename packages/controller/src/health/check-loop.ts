/** Runs one check of one run over and over: one probe at a time, at the pace that core sets. */
import type { Finding } from '@fettle/core/stack/health-state';
import type { OpenProbe, Seen } from '../probes/probe.ts';
import type { ProbeSlots } from './probe-slots.ts';

export type CheckLoop = Readonly<{
  /** Probe now, or right after the one in flight. */
  wake(): void;
  stop(): void;
}>;

export type CheckLoopOptions = Readonly<{
  probe: OpenProbe;
  timeoutMs: number;
  slots: ProbeSlots;
  firstInMs: number;
  /** Adds attestation. */
  attest: (seen: Seen, durationMs: number) => Finding;
  /** Takes the result and says how long after `beganMs` the next probe begins. */
  onFinding: (finding: Finding, beganMs: number) => number;
}>;

/**
 * Probes that are far off begin together, on a grid of this width, and never later than due: one
 * wake-up for ten probes costs a third of ten.
 */
const gridMs = 500;
const farMs = 4_000;

function onGrid(inMs: number): number {
  if (inMs < farMs) return Math.max(0, inMs);
  return inMs - ((performance.now() + inMs) % gridMs);
}

export function runCheckLoop(options: CheckLoopOptions): CheckLoop {
  const { probe, slots } = options;
  let timer: NodeJS.Timeout | null = null;
  let inFlight = false;
  let again = false;
  let stopped = false;

  const arm = (inMs: number): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(ask, onGrid(inMs));
  };
  const ask = (): void => {
    timer = null;
    inFlight = true;
    slots.take((release) => void runOnce().finally(release));
  };
  const runOnce = async (): Promise<void> => {
    if (stopped) return;
    again = false;
    const beganMs = performance.now();
    const seen = await probe.run(options.timeoutMs).catch(seenFromThrow);
    inFlight = false;
    if (stopped) return;
    const finding = options.attest(seen, performance.now() - beganMs);
    const gapMs = options.onFinding(finding, beganMs);
    arm(again ? 0 : gapMs - (performance.now() - beganMs));
  };

  arm(options.firstInMs);
  return {
    wake() {
      if (stopped) return;
      if (inFlight) again = true;
      else arm(0);
    },
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      probe.close();
    },
  };
}

/** A probe that throws is our trouble, not the service's: it is no verdict about its life. */
function seenFromThrow(error: unknown): Seen {
  const text = error instanceof Error ? error.message : String(error);
  return { ok: false, detail: `probe failed: ${text}`, answer: 'answered' };
}
