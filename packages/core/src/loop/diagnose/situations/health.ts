/** Situations told by checks against real traffic. */
import { checkDown, connects, of, says, series, shows } from '../situation.kit.ts';
import { endpoint, examined } from '../situation-exam.kit.ts';
import { stackOf, type ServiceSketch } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const two: Readonly<Record<string, ServiceSketch>> = {
  catalog: { port: 7_100 },
  front: { port: 7_200, needs: ['catalog'] },
};

export const healthSituations: readonly SituationCase[] = [
  {
    title: 'checks change again and again',
    tell: () =>
      story(
        stackOf(two),
        (s) => {
          const check = [...of(s, 'catalog').checks.values()][0]!;
          check.last = { ...check.last, flapping: true };
        },
        (s) => shows(s, 'catalog', 'flapping', { severity: 'warn' }),
      ),
    is: 'flapping',
    at: 'catalog',
    not: ['gray_failure', 'probe_broken'],
  },
  {
    title: 'green, and its requests fail',
    tell: () =>
      story(
        stackOf(two),
        (s) => series(s, 'catalog', 'requests_per_s', () => 20),
        (s) => series(s, 'catalog', 'error_ratio', (ago) => (ago < 2 ? 0.4 : 0.001)),
        (s) =>
          shows(s, 'catalog', 'anomaly', { key: 'anomaly:catalog:error_ratio', agoMs: 100_000 }),
      ),
    is: 'gray_failure',
    at: 'catalog',
    not: ['probe_broken', 'crash'],
  },
  {
    title: 'its requests failed until a moment ago',
    tell: () =>
      story(
        stackOf(two),
        (s) => series(s, 'catalog', 'requests_per_s', () => 20),
        (s) => series(s, 'catalog', 'error_ratio', (ago) => (ago < 2 && ago > 0.3 ? 0.6 : 0.001)),
        (s) =>
          shows(s, 'catalog', 'anomaly', { key: 'anomaly:catalog:error_ratio', agoMs: 100_000 }),
      ),
    is: null,
  },
  {
    title: 'red, and its requests succeed',
    tell: () =>
      story(
        stackOf(two),
        (s) => checkDown(s, 'catalog', 'HTTP 404', { agoMs: 60_000 }),
        (s) => series(s, 'catalog', 'requests_per_s', () => 20),
        (s) => series(s, 'catalog', 'error_ratio', () => 0.001),
        (s) => examined(s, 'catalog'),
      ),
    is: 'probe_broken',
    at: 'catalog',
    not: ['hang', 'gray_failure', 'crash'],
  },
  {
    title: 'red, and its requests succeed, while the way of what it needs looks slow',
    tell: () =>
      story(
        stackOf({ ...two, store: { port: 7_300 }, catalog: { port: 7_100, needs: ['store'] } }),
        (s) => checkDown(s, 'front', 'HTTP 500: TypeError: total is not a function'),
        (s) => series(s, 'front', 'requests_per_s', () => 12),
        (s) => series(s, 'front', 'error_ratio', () => 0.001),
        (s) => examined(s, 'front'),
        (s) => connects(s, 'catalog', { host: '127.0.0.1', port: 17_300 }),
        (s) => says(s, 'catalog', 'ReadTimeout: 127.0.0.1:17300: Read timed out.', { times: 3 }),
        (s) =>
          examined(s, 'catalog', {
            endpoints: [
              endpoint('store', 7_300, { answerMs: 2 }),
              endpoint('store', 17_300, { owner: null, answerMs: 400 }),
            ],
          }),
      ),
    is: 'probe_broken',
    at: 'front',
    not: ['link_latency', 'db_slow'],
  },
  {
    title: 'a constraint of the config does not hold',
    tell: () =>
      story(stackOf(two), (s) =>
        shows(s, 'catalog', 'constraint', {
          text: 'queue_depth(catalog) < 100 does not hold: 340',
        }),
      ),
    is: 'constraint_broken',
    at: 'catalog',
  },
];
