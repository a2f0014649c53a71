import { deepStrictEqual as deepEqual, ok } from 'node:assert';
import { test } from 'vitest';
import { openSeries } from '../loop/collect/series-store.ts';
import { openTemplates } from '../loop/collect/template-tree.ts';
import { openLoop } from '../loop-state.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { freezeLoop, thawLoop } from './freeze.ts';
import { freeze, thaw, type Frozen } from './frozen.ts';

const overJson = (frozen: Frozen): Frozen => JSON.parse(JSON.stringify(frozen)) as Frozen;
const check = (value: unknown): void =>
  deepEqual(thaw(overJson(freeze(value)), 'it'), { value, fault: null });

test('what JSON cannot say comes back as it was', () => {
  check({ a: [Number.NaN, -0, Infinity, -Infinity, undefined, null, 1.5], b: { $: 'map' } });
  check(
    new Map<unknown, unknown>([
      [1, new Set(['x'])],
      ['k', new Float32Array([1, NaN])],
    ]),
  );
  check({ durations: new Uint32Array([1, 2, 4_294_967_295]), none: new Float32Array(0) });
});
test('one thing in two places stays one', () => {
  const one = { count: 1 };
  const { value } = thaw(overJson(freeze([one, new Map([['x', one]])])), 'it');
  const [first, map] = value as [object, Map<string, object>];
  ok(first === map.get('x'));
});
test('bytes of any length go through base64 as Node does it', () => {
  for (let length = 0; length < 40; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 47 + length) % 256);
    deepEqual(toBase64(bytes), Buffer.from(bytes).toString('base64'));
    deepEqual(fromBase64(toBase64(bytes)), bytes);
  }
  deepEqual([fromBase64('abc'), fromBase64('a*c=')], [null, null]);
});
test('figures and log templates go on exactly', () => {
  const state = openLoop(0);
  const [series, templates] = [openSeries(), openTemplates()];
  const line = (at: number): string =>
    at % 7 === 0
      ? '  at frame'
      : `${at % 3 === 0 ? 'ERROR' : 'info'} user u${at % 11} took ${at} ms`;
  const feed = (into: { series: typeof series; templates: typeof templates }, from: number) => {
    for (let at = from; at < from + 400; at += 1) {
      const value = Math.sin(at) * 100;
      into.series.add(at * 2_000, [{ subject: `s${at % 3}`, metric: 'cpu', value }]);
      into.templates.add(line(at), at * 2_000);
    }
  };
  feed({ series, templates }, 1);
  const { value, fault } = thaw(overJson(freeze({ series, templates })), 'it');
  deepEqual(fault, null);
  const twin = value as { series: typeof series; templates: typeof templates };
  for (const one of [{ series, templates }, twin]) feed(one, 401);
  const nowMs = 800 * 2_000;
  deepEqual(twin.templates.dump(), templates.dump());
  for (const subject of series.subjects()) {
    deepEqual(twin.series.points(subject, 'cpu', 0), series.points(subject, 'cpu', 0));
    const usual = series.baseline(subject, 'cpu', nowMs);
    ok(usual !== null);
    deepEqual(twin.series.baseline(subject, 'cpu', nowMs), usual);
  }
  deepEqual(thawLoop(overJson(freezeLoop(state))).fault, null);
});
test('what is damaged is told with its place', () => {
  const frozen = freezeLoop(openLoop(0)) as Record<string, Frozen>;
  const faultOf = (changes: Record<string, Frozen>) => thawLoop({ ...frozen, ...changes }).fault;
  deepEqual(faultOf({ incidents: [] }), { at: 'state.incidents', message: 'is damaged' });
  deepEqual(faultOf({ runs: { $: 'map', v: [[1]] } })?.message, 'is no list of pairs');
  deepEqual(faultOf({ works: { $: 'same', v: 99 } })?.at, 'state.works');
  deepEqual(faultOf({ book: { $: 'detector', v: 'none' } })?.message, 'there is no detector none');
  const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as Frozen;
  deepEqual(faultOf({ policy: deep })?.message, 'is nested too deeply');
});
