import { expect, test } from 'vitest';
import { service } from '../loop/collect/stage.contract.ts';
import { Watched } from '../loop/detect/watched.contract.ts';
import { constraintJudge } from './constraint-judge.ts';

const stage = new Watched([service('api')]);
stage.sample(60_000, () => ({ 'api cpu': 0.5 }));
const place = { file: 'fettle.yaml', line: 1, column: 1 };
const check = (expr: string, expected: boolean | null) =>
  expect(
    constraintJudge([])(
      { expr, severity: 'warn', forMs: 0, text: null, place },
      stage.picture,
      stage.nowMs,
    ),
  ).toBe(expected);

test('holds', () => check("metric(api, 'cpu') < 1", true));
test('is broken', () => check("metric(api, 'cpu') < 0.1", false));
test('what is not known breaks nothing', () => {
  check("metric(api, 'error_ratio') < 1%", null);
  check("ready(api) and metric(api, 'request_p95_ms') < 1s", null);
  check("not metric(api, 'error_ratio') > 1%", true);
});
test('a default makes it known', () => check("otherwise(metric(api, 'fds'), 9) < 1", false));
test('what cannot be read is not decided', () => check('metric(api', null));
