/**
 * Is the machine itself crowded? Then everybody is slow, our own probe included, and slowness says
 * little about one service. Source: Linux, "PSI - Pressure Stall Information".
 */
import type { Picture } from '../collect/picture.ts';

const crowdedRatio = 0.3;

export function isCrowded(picture: Picture, nowMs: number): boolean {
  return (picture.series.last('@host', 'psi_cpu', nowMs) ?? 0) >= crowdedRatio;
}
