import { expect, test } from 'vitest';
import { FettleError } from '@fettle/sdk/fettle-error';
import { parseScale } from './commands/scale.ts';
import { parseCodes, sectionOf } from './docs-text.ts';
import { countFlag, durationFlag, momentFlag } from './flag-values.ts';
import { formatBytes, formatCpu, formatMoment, formatSince, plural } from './terminal/amount.ts';
import { fitCharset } from './terminal/ascii.ts';
import { renderError, viewOf } from './terminal/error-text.ts';
import type { Look } from './terminal/look.ts';

const look: Look = { columns: 80, color: false, unicode: true, tty: true };
const nowMs = Date.parse('2026-11-21T12:00:00Z');

test('an error shows its place, the line, what to do and where to read more', () => {
  const error = new FettleError('E-PORT-TAKEN', 'api cannot use port 8000', {
    hint: 'fettle ports free 8000\nfettle up',
    place: { file: '/srv/shop/fettle.yaml', line: 7, column: 11 },
  });
  expect(renderError(viewOf(error, '    port: 8000'), look, '/srv/shop')).toBe(
    `error[E-PORT-TAKEN]: api cannot use port 8000
  ┌ fettle.yaml:7:11
  │ 7 │     port: 8000
  │   ╵           ━━━━
  fix   fettle ports free 8000
  or    fettle up
  more  fettle explain E-PORT-TAKEN
`,
  );
  expect(renderError(viewOf(error, null), { ...look, unicode: false }, '/')).toContain(
    ', srv/shop/fettle.yaml:7:11',
  );
});

test('amounts are short', () => {
  expect([null, 512, 2_048, 402 * 1_048_576, 3 * 1_024 ** 3].map(formatBytes)).toEqual([
    '–',
    '512B',
    '2.0K',
    '402M',
    '3.0G',
  ]);
  expect([null, 0, 0.0042, 0.42, 1.123].map(formatCpu)).toEqual(['–', '0%', '0.4%', '42%', '112%']);
  expect(plural(1, 'service')).toBe('1 service');
  expect(plural(2, 'service')).toBe('2 services');
});

test('times are relative for people and RFC 3339 for programs', () => {
  const at = '2026-11-21T11:54:00Z';
  expect(formatSince(at, look, nowMs)).toBe('6m');
  expect(formatSince(at, { ...look, tty: false }, nowMs)).toBe(at);
  expect(formatSince(null, look, nowMs)).toBe('–');
  expect(formatMoment(at, look)).toMatch(/^\d\d:\d\d:\d\d$/);
  expect(formatMoment(at, { ...look, tty: false })).toBe(at);
});

test('our glyphs have an ASCII form, other text is left alone', () => {
  expect(fitCharset('a → b … ✕ “x” é', false)).toBe('a -> b ... [!!] "x" é');
  expect(fitCharset('a → b', true)).toBe('a → b');
});

test('durations, moments and counts are read or refused', () => {
  expect(durationFlag(undefined, '--timeout')).toBe(null);
  expect(durationFlag('1m30s', '--timeout')).toBe(90_000);
  expect(() => durationFlag('soon', '--timeout')).toThrow(/no duration/);
  expect(momentFlag('10m', '--since', nowMs)).toBe('2026-11-21T11:50:00.000Z');
  expect(momentFlag('2026-11-20T00:00:00Z', '--since', nowMs)).toBe('2026-11-20T00:00:00.000Z');
  expect(new Date(momentFlag('12:04', '--since', nowMs) ?? '').getMinutes()).toBe(4);
  expect(() => momentFlag('yesterdayish', '--since', nowMs)).toThrow(/no time/);
  expect(countFlag('7', '-n')).toBe(7);
  expect(() => countFlag('-1', '-n')).toThrow(/no whole number/);
});

test('scale reads pairs, or two words', () => {
  expect(parseScale(['api=2', 'web=0'])).toEqual([
    { name: 'api', count: 2 },
    { name: 'web', count: 0 },
  ]);
  expect(parseScale(['api', '3'])).toEqual([{ name: 'api', count: 3 }]);
  expect(() => parseScale(['api=many'])).toThrow(/no service with a count/);
});

test('codes are read from the tables of the errors page', () => {
  const page =
    '| code | what | do |\n| --- | --- | --- |\n| `E-A` | one \\| two | act |\n| x | y | z |\n';
  expect(parseCodes(page)).toEqual([{ code: 'E-A', meaning: 'one | two', action: 'act' }]);
  expect(sectionOf('# T\n\n## One\n\ntext\n\n## Two\n', 'One')).toBe('text');
  expect(sectionOf('# T\n', 'One')).toBe(null);
});
