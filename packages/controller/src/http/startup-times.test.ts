import { deepEqual } from 'node:assert/strict';
import { test } from 'vitest';
import type { StackEvent } from '@fettle/sdk/api/documents';
import { countStartups } from './startup-times.ts';

type Told = Readonly<{ kind: string; data: StackEvent['data']; inMs?: number }>;

/** Counts of `api` after what was told: runs that were ready, their seconds, failures by type. */
function check(told: readonly Told[], expected: readonly [number, number, object]) {
  let listener: (event: StackEvent) => void = () => undefined;
  let nowMs = 0;
  const journal = {
    onEvent(hear: (event: StackEvent) => void) {
      listener = hear;
      return () => undefined;
    },
  };
  const counts = countStartups(journal, () => nowMs);
  for (const { kind, data, inMs } of told) {
    nowMs += inMs ?? 0;
    const base = { seq: 1, at: '', service: 'api', instance: 'api.1', text: '' } as const;
    listener({ ...base, severity: 'info', kind, data });
  }
  nowMs += 1_000;
  const of = (suffix: string) =>
    counts.durationSamples().find((sample) => sample.suffix === suffix)?.value ?? 0;
  const failures = counts.failureSamples().map(({ labels, value }) => [labels.error_type, value]);
  deepEqual([of('_count'), of('_sum'), Object.fromEntries(failures)], expected);
}

const started = (token: string, ready: boolean, tookMs?: number): Told => ({
  kind: 'service.started',
  data: { token, ready, ...(tookMs === undefined ? {} : { tookMs }) },
});
const ended = (token: string, code: number, endedBy: string | null = null): Told => ({
  kind: 'service.ended',
  data: { token, code, signal: null, endedBy },
});

test('a run with checks counts when it is ready', () =>
  check(
    [started('e-1', false), { kind: 'service.ready', data: { token: 'e-1', tookMs: 500 } }],
    [1, 0.5, {}],
  ));
test('a run without checks counts, too', () => check([started('e-1', true, 250)], [1, 0.25, {}]));
test('unless it falls over at once', () =>
  check([started('e-1', true, 2), { ...ended('e-1', 3), inMs: 20 }], [0, 0, { exit_3: 1 }]));
test('a later end is no failed start', () =>
  check([started('e-1', true, 2), { ...ended('e-1', 3), inMs: 5_000 }], [1, 0.002, {}]));
test('a quick job that did its work was started well', () =>
  check([started('e-1', true, 0), ended('e-1', 0)], [1, 0, {}]));
test('what we ended ourselves is no failed start', () =>
  check([started('e-1', false), ended('e-1', 143, 'operator-stop')], [0, 0, {}]));
test('a program that could not be spawned is', () =>
  check([{ kind: 'service.spawn-failed', data: { code: 'ENOENT' } }], [0, 0, { ENOENT: 1 }]));
