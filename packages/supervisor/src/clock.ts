/**
 * Both clocks, read once per event. The monotonic one counts from boot, not from our own start, so
 * that times in the run log mean the same to the next daemon of this boot.
 */
import type { At } from '@fettle/core/supervise/step';

const bootOffsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export function readClocks(): At {
  return { nowMs: bootOffsetMs + performance.now(), atMs: Date.now() };
}

export function monotonicMs(): number {
  return bootOffsetMs + performance.now();
}
