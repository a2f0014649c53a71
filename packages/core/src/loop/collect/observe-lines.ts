/**
 * Log lines, taken into a service's picture: templates, the tail, requests of the access log; and
 * the rates that are made of them every few seconds.
 */
import { readAccess, readAccessFields, type Access } from './access-log.ts';
import { readMessage } from './log-message.ts';
import type { Metric, Sample } from './metric.ts';
import type { LinesSeen } from './observation.ts';
import type { Picture, ServicePicture } from './picture.ts';
import { addRequest, figuresOf, openRequestFigures } from './request-figures.ts';

const mostTail = 200;
const longestTailLine = 300;
/** Rates are made over at least this long. */
const tallyMs = 4_500;

function requestSamples({ name, requests }: ServicePicture, nowMs: number): readonly Sample[] {
  if (requests === null) return [];
  const { perS, errorRatio, p95Ms } = figuresOf(requests, nowMs);
  const found: Sample[] = [{ subject: name, metric: 'requests_per_s', value: perS }];
  if (errorRatio !== null) found.push({ subject: name, metric: 'error_ratio', value: errorRatio });
  if (p95Ms !== null) found.push({ subject: name, metric: 'request_p95_ms', value: p95Ms });
  return found;
}

export function takeLines(service: ServicePicture, seen: LinesSeen): void {
  service.tally.lines += seen.lines.length + seen.skippedLines;
  service.tally.bytes += seen.bytes;
  for (const line of seen.lines) {
    const message = readMessage(line, seen.atMs);
    const level = service.templates.add(line, seen.atMs, message)?.level ?? null;
    if (level === 'error' || level === 'fatal') service.tally.errorLines += 1;
    const { fields, text } = message;
    const access = fields === null ? readAccess(text) : readAccessFields(fields);
    if (access === null || isOwnProbe(service, access)) continue;
    service.requests ??= openRequestFigures();
    addRequest(service.requests, access, seen.atMs);
  }
  const { atMs, instance } = seen;
  for (const line of seen.lines.slice(-mostTail))
    service.tail.push({ atMs, instance, line: line.slice(0, longestTailLine) });
  if (service.tail.length > mostTail) service.tail.splice(0, service.tail.length - mostTail);
}

/** Our probes are no traffic: without this, a service that nobody asks would look busy and fast. */
function isOwnProbe({ definition }: ServicePicture, { path }: Access): boolean {
  return definition.healthChecks.some(({ probe }) => {
    if (probe.kind !== 'http' && probe.kind !== 'ws') return false;
    const target = probe.target.replace(/^(?:https?|wss?):\/\/[^/]+/, '').replace(/[?#].*$/, '');
    return path === target || (path === '/' && target === '');
  });
}

/** Makes rates of what was counted since the last time. */
export function takeTally(picture: Picture, service: ServicePicture, nowMs: number): void {
  const { tally } = service;
  const elapsedMs = nowMs - tally.sinceMs;
  if (elapsedMs < tallyMs) return;
  const samples: Sample[] = [];
  const rate = (metric: Metric, count: number): void => {
    samples.push({ subject: service.name, metric, value: (count * 1000) / elapsedMs });
  };
  if (service.templates.seen().lines > 0) {
    rate('lines_per_s', tally.lines);
    rate('error_lines_per_s', tally.errorLines);
    rate('log_bytes_per_s', tally.bytes);
  }
  if (service.errors.size > 0) rate('errors_per_s', tally.errors);
  if (service.requests !== null) samples.push(...requestSamples(service, nowMs));
  picture.series.add(nowMs, samples);
  tally.sinceMs = nowMs;
  tally.lines = 0;
  tally.errorLines = 0;
  tally.bytes = 0;
  tally.errors = 0;
}
