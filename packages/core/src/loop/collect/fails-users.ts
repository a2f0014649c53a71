/**
 * Do those who ask a service get errors, whatever its checks say? A file with which it answers all
 * checks and fails all requests has not proved itself.
 */
import type { Picture } from './picture.ts';

/** Share of requests, as the plain case of an anomaly. */
const failsFrom = 0.2;
/** Error lines a second, and times the usual. */
const leastLines = 1;
const timesUsual = 5;

export function failsUsers({ series }: Picture, service: string, nowMs: number): boolean {
  if ((series.last(service, 'error_ratio', nowMs) ?? 0) >= failsFrom) return true;
  const lines = series.last(service, 'error_lines_per_s', nowMs) ?? 0;
  const usual = series.baseline(service, 'error_lines_per_s', nowMs)?.median ?? 0;
  return lines >= Math.max(leastLines, timesUsual * usual);
}
