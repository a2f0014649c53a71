/**
 * Builds pictures of stacks in trouble, so that a situation in a test reads like a short story.
 *
 * Everything is set by hand and nothing is derived: what a rule concludes rests only on what the
 * story says. Times are told as "ago", in ms before `nowMs`.
 */
import type { InstanceState } from '../../supervise/instance-view.ts';
import type { RunExit } from '../../supervise/run.ts';
import type { Change } from '../collect/change.ts';
import type { Metric } from '../collect/metric.ts';
import type { ServicePicture } from '../collect/picture.ts';
import type { Symptom, SymptomKind } from '../detect/symptom.ts';
import { nowMs, type Story } from './situation-stack.kit.ts';

export function of(story: Story, name: string): ServicePicture {
  return story.picture.services.get(name)!;
}

export function onlyInstance(story: Story, name: string) {
  return of(story, name).instances.get(`${name}.1`)!;
}

/** Its instance is in another state: `backing-off`, `crash-loop`, `waiting`, … */
export function inState(story: Story, name: string, state: InstanceState, more = {}): void {
  const one = onlyInstance(story, name);
  const lives = /running|starting/.test(state);
  one.view = { ...one.view, state, pid: lives ? one.view.pid : null, ready: false, ...more };
  if (!lives) {
    one.processState = null;
    one.view = { ...one.view, token: null, lastToken: one.view.token };
  }
  of(story, name).unhealthySinceMs ??= nowMs - 20_000;
}

export type EndSketch = Readonly<{
  agoMs?: number;
  code?: number | null;
  signal?: string;
  endedBy?: RunExit['endedBy'];
  ranMs?: number;
}>;

/** A run ended, and the exit symptom shows. */
export function ends(story: Story, name: string, sketch: EndSketch = {}): void {
  const atMs = nowMs - (sketch.agoMs ?? 10_000);
  const posixSignal = sketch.signal ?? null;
  const code = sketch.code === undefined ? (posixSignal === null ? 1 : 137) : sketch.code;
  const endedBy = sketch.endedBy ?? null;
  const service = of(story, name);
  service.ends.push({
    atMs,
    instance: `${name}.1`,
    token: `e1-${service.ends.length + 1}`,
    code,
    posixSignal,
    endedBy,
    ranMs: sketch.ranMs ?? 60_000,
  });
  const one = onlyInstance(story, name);
  const kind = posixSignal === null ? 'code' : 'signal';
  one.view = { ...one.view, lastExit: { kind, code, posixSignal, endedBy, atMs } };
  shows(story, name, 'exit', { agoMs: sketch.agoMs ?? 10_000 });
}

/** Ended and did not come back. */
export function gone(story: Story, name: string, sketch: EndSketch = {}): void {
  ends(story, name, sketch);
  inState(story, name, 'backing-off');
}

/** Ended `times` times, 8 s apart, and is in a crash loop. */
export function loops(story: Story, name: string, times = 6, sketch: EndSketch = {}): void {
  for (let left = times; left > 0; left -= 1)
    ends(story, name, { ranMs: 800, ...sketch, agoMs: left * 8_000 });
  inState(story, name, 'crash-loop');
  shows(story, name, 'crash-loop', { agoMs: 15_000 });
}

export function halted(story: Story, name: string): void {
  const one = onlyInstance(story, name);
  one.processState = 'T';
  one.processStateSinceMs = nowMs - 15_000;
}

/** A check's verdict went down; `hang` or `check-down` shows. */
export function checkDown(
  story: Story,
  name: string,
  detail: string,
  more: Readonly<{ agoMs?: number; as?: SymptomKind; attested?: boolean }> = {},
): void {
  const service = of(story, name);
  const agoMs = more.agoMs ?? 12_000;
  const [key, check] = [...service.checks][0]!;
  const results = check.results.map((one) =>
    one.atMs >= nowMs - agoMs ? { ...one, ok: false, ms: 2_000 } : one,
  );
  const last = { ...check.last, ok: false, up: false, detail, attested: more.attested ?? null };
  service.checks.set(key, {
    ...check,
    last,
    results,
    downSinceMs: nowMs - agoMs,
    failingSinceMs: nowMs - agoMs,
  });
  service.unhealthySinceMs ??= nowMs - agoMs;
  shows(story, name, more.as ?? 'check-down', { agoMs, text: detail });
}

/** Lines of its log. */
export function says(
  story: Story,
  name: string,
  text: string,
  more: Readonly<{ agoMs?: number; times?: number; everyMs?: number }> = {},
): void {
  const service = of(story, name);
  const times = more.times ?? 1;
  for (let index = 0; index < times; index += 1) {
    const atMs = nowMs - (more.agoMs ?? 8_000) + index * (more.everyMs ?? 500);
    for (const line of text.split('\n')) {
      service.templates.add(line, atMs);
      service.tail.push({ atMs, instance: `${name}.1`, line });
    }
  }
  service.tail.sort((a, b) => a.atMs - b.atMs);
}

/** What `why` concludes. */
export function explained(
  story: Story,
  name: string,
  cause: string,
  more: Readonly<{
    confidence?: number;
    line?: string;
    /** What a closer look at its process found. */
    seen?: string;
    sentence?: string;
    agoMs?: number;
  }> = {},
): void {
  const line = more.line ?? null;
  const atMs = nowMs - (more.agoMs ?? 8_000);
  const why = {
    sentence: more.sentence ?? cause,
    cause,
    confidence: more.confidence ?? 0.95,
    evidence: [
      ...(line === null ? [] : [{ kind: 'log', text: line, atMs } as const]),
      ...(more.seen === undefined ? [] : [{ kind: 'process', text: more.seen, atMs } as const]),
    ],
  };
  const service = of(story, name);
  service.why = why;
  service.whys.push({ atMs, why });
}

export function shows(
  story: Story,
  target: string,
  kind: SymptomKind,
  more: Readonly<{
    agoMs?: number;
    severity?: Symptom['severity'];
    text?: string;
    key?: string;
  }> = {},
): void {
  const key = more.key ?? `${kind}:${target}`;
  if (story.symptoms.some((one) => one.key === key)) return;
  const text = more.text ?? `${target}: ${kind}`;
  story.symptoms.push({
    id: `sym-${story.symptoms.length + 1}`,
    kind,
    target,
    key,
    severity: more.severity ?? 'error',
    sinceMs: nowMs - (more.agoMs ?? 12_000),
    atMs: nowMs,
    text,
    evidence: [{ kind: 'check', text, atMs: nowMs }],
    causedBy: null,
  });
}

export function changed(story: Story, change: Partial<Change> & Readonly<{ agoMs: number }>): void {
  const { agoMs, ...rest } = change;
  story.picture.changes.push({
    atMs: nowMs - agoMs,
    kind: 'file',
    service: null,
    actor: 'file system',
    text: `${rest.path ?? 'something'} changed`,
    path: null,
    ...rest,
  });
  story.picture.changes.sort((a, b) => a.atMs - b.atMs);
}

/** A figure over time: `value(ago in minutes)`, a sample each 10 s. */
export function series(
  story: Story,
  subject: string,
  metric: Metric,
  value: (agoMinutes: number) => number,
): void {
  for (let agoMs = 7_200_000; agoMs >= 0; agoMs -= 10_000)
    story.picture.series.add(nowMs - agoMs, [{ subject, metric, value: value(agoMs / 60_000) }]);
}

/** Open connections that were seen. */
export function connects(
  story: Story,
  from: string,
  to: string | Readonly<{ host: string; port: number }>,
  more: Readonly<{ established?: number; synSent?: number; closeWait?: number }> = {},
): void {
  const peer = typeof to === 'string' ? to : null;
  const host = typeof to === 'string' ? '127.0.0.1' : to.host;
  const port = typeof to === 'string' ? onlyInstance(story, to).view.port!.port : to.port;
  of(story, from).edges.set(`${host}:${port}`, {
    service: from,
    peer,
    host,
    port,
    established: 4,
    synSent: 0,
    closeWait: 0,
    ...more,
    atMs: nowMs - 2_000,
  });
}
