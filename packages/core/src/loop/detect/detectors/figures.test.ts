import { describe, expect, test } from 'vitest';
import { service } from '../../collect/stage.contract.ts';
import type { Service } from '../../../stack/service.ts';
import { Watched } from '../watched.contract.ts';

const hour = 3_600_000;
const mebibyte = 1_048_576;
const limits = { memoryBytes: null, cpus: null, openFiles: null, processes: null };

const open = (changes: Partial<Service> = {}): Watched => {
  const stage = new Watched([service('api', changes)]);
  stage.look();
  return stage;
};
/** An hour and a half of ordinary life. */
const lived = (stage: Watched): Watched => {
  const began = stage.sample(1.5 * hour, () => ({
    'api cpu': 0.2 + stage.noise(1) * 0.1,
    'api rss_bytes': (100 + stage.noise(2) * 10) * mebibyte,
    'api fds': 60 + stage.noise(3) * 5,
    'api request_p95_ms': 40 + stage.noise(4) * 10,
    'api error_ratio': 0.005 + stage.noise(5) * 0.005,
    'api requests_per_s': 50 + stage.noise(6) * 10,
  }));
  expect(began).toEqual([]);
  return stage;
};
const grave = (stage: Watched) =>
  stage
    .showing()
    .filter(({ severity }) => severity !== 'info')
    .map(({ key }) => key);

test('threshold: handles and memory near their limits', () => {
  const stage = open({ limits: { ...limits, openFiles: 100, memoryBytes: 200 * mebibyte } });
  const began = stage.sample(30_000, () => ({ 'api fds': 95, 'api rss_bytes': 190 * mebibyte }));
  expect(began).toEqual(['threshold:api:fds', 'threshold:api:rss_bytes']);
});

test('threshold: one reading near the limit is nothing', () => {
  const stage = open({ limits: { ...limits, openFiles: 100 } });
  expect(stage.sample(60_000, (second) => ({ 'api fds': second === 20 ? 99 : 40 }))).toEqual([]);
});

test('a job at full speed with normal latency is left alone', () => {
  const stage = lived(open());
  stage.sample(300_000, () => ({ 'api cpu': 1, 'api request_p95_ms': 42 }));
  expect(grave(stage)).toEqual([]);
});

test('a busy processor with slow requests is an error', () => {
  const stage = lived(open());
  const began = stage.sample(60_000, () => ({ 'api cpu': 1, 'api request_p95_ms': 400 }));
  expect(began).toContain('threshold:api:cpu');
});

test('twice the traffic with normal latency is evidence at most', () => {
  const stage = lived(open());
  stage.sample(600_000, () => ({
    'api requests_per_s': 110,
    'api cpu': 0.5,
    'api request_p95_ms': 45 + stage.noise(1) * 10,
    'api error_ratio': 0.006,
  }));
  expect(grave(stage)).toEqual([]);
});

test('anomaly: failing requests while the checks are green', () => {
  const stage = lived(open());
  const began = stage.sample(60_000, () => ({ 'api error_ratio': 0.4 }));
  expect(began).toEqual(['anomaly:api:error_ratio']);
  expect(stage.showing()[0]).toMatchObject({ severity: 'error' });
});

test('anomaly: slow requests, without a busy processor', () => {
  const stage = lived(open());
  expect(stage.sample(60_000, () => ({ 'api request_p95_ms': 300 }))).toEqual([
    'anomaly:api:request_p95_ms',
  ]);
});

test('anomaly: a young service that had its troubles is seen to be slow again', () => {
  const stage = open();
  // Ten minutes, three of them bad: the figures before and after them are those of a calm service.
  stage.sample(600_000, (second) => ({
    'api request_p95_ms': second > 200 && second < 380 ? 1_000 : 100 + stage.noise(1) * 60,
  }));
  expect(stage.sample(60_000, () => ({ 'api request_p95_ms': 440 }))).toContain(
    'anomaly:api:request_p95_ms',
  );
});

describe('anomaly: on a crowded machine', () => {
  const crowded = (apiMs: number, othersMs: number): readonly string[] => {
    const stage = new Watched([service('api'), service('web'), service('db')]);
    stage.look();
    stage.sample(600_000, () => ({ 'api probe_ms': 3, 'web probe_ms': 2, 'db probe_ms': 4 }));
    stage.sample(60_000, () => ({
      '@host psi_cpu': 0.4,
      'api probe_ms': apiMs,
      'web probe_ms': othersMs,
      'db probe_ms': 2 * othersMs,
    }));
    return grave(stage);
  };
  test('all are slow: nobody is told', () => expect(crowded(180, 90)).toEqual([]));
  test('one was told to be slow before it was crowded: it still is', () => {
    const stage = new Watched([service('api'), service('web'), service('db')]);
    stage.look();
    stage.sample(600_000, () => ({ 'api probe_ms': 3, 'web probe_ms': 2, 'db probe_ms': 4 }));
    stage.sample(60_000, () => ({ 'api probe_ms': 300, 'web probe_ms': 2, 'db probe_ms': 4 }));
    expect(grave(stage)).toEqual(['anomaly:api:probe_ms']);
    stage.sample(60_000, () => ({
      '@host psi_cpu': 0.4,
      'api probe_ms': 300,
      'web probe_ms': 90,
      'db probe_ms': 180,
    }));
    expect(grave(stage)).toEqual(['anomaly:api:probe_ms']);
  });
  test('one is slow by far: it is', () =>
    expect(crowded(380, 12)).toEqual(['anomaly:api:probe_ms']));
});

test('anomaly: a spike of ten seconds is nothing', () => {
  const stage = lived(open());
  const spike = (second: number) => ({ 'api request_p95_ms': second < 10 ? 900 : 41 });
  expect(stage.sample(120_000, spike)).toEqual([]);
});

test('anomaly: without a past only plain failure counts', () => {
  const stage = open();
  stage.wait(60_000);
  stage.look();
  stage.wait(6_000);
  expect(stage.sample(20_000, () => ({ 'api request_p95_ms': 900 }))).toEqual([]);
  expect(stage.sample(60_000, () => ({ 'api error_ratio': 0.5 }))).toEqual([
    'anomaly:api:error_ratio',
  ]);
});

test('forecast: a leak against its limit, with the time left and its interval', () => {
  const stage = lived(open({ limits: { ...limits, memoryBytes: 400 * mebibyte } }));
  const leak = (second: number) => ({ 'api rss_bytes': (100 + second * 0.2) * mebibyte });
  const began = stage.sample(1_000_000, leak);
  expect(began).toContain('forecast:api:rss_bytes');
  const text = stage.showing().find(({ kind }) => kind === 'forecast')?.text ?? '';
  expect(text).toMatch(/^api reaches its memory limit in \d+m.* \(\d+m.* to \d+m.*\)$/);
});

test('forecast: memory between two collections of garbage only swings', () => {
  const stage = open({ limits: { ...limits, memoryBytes: 200 * mebibyte } });
  const sawtooth = (second: number) => ({
    'api rss_bytes': (80 + ((second % 600) / 600) * 70 + stage.noise(1) * 3) * mebibyte,
  });
  stage.sample(hour, sawtooth);
  expect(stage.sample(3 * hour, sawtooth)).toEqual([]);
});

test('forecast: a fast leak is told before it bursts', () => {
  const stage = open({ limits: { ...limits, memoryBytes: 300 * mebibyte } });
  stage.sample(180_000, () => ({ 'api rss_bytes': (60 + stage.noise(1)) * mebibyte }));
  const leak = (second: number) => ({ 'api rss_bytes': (60 + second * 2) * mebibyte });
  expect(stage.sample(90_000, leak)).toContain('forecast:api:rss_bytes');
});

test('forecast: a fast leak on a stack whose looks are far apart', () => {
  const stage = open({ limits: { ...limits, memoryBytes: 300 * mebibyte } });
  const calm = () => ({ 'api rss_bytes': (60 + stage.noise(1)) * mebibyte });
  stage.sample(240_000, calm, 20_000);
  const leak = (second: number) => ({ 'api rss_bytes': (60 + second * 1.5) * mebibyte });
  expect(stage.sample(140_000, leak, 20_000)).toContain('forecast:api:rss_bytes');
});

test('forecast: a young run that is about to burst is not waited for', () => {
  const stage = open({ limits: { ...limits, memoryBytes: 260 * mebibyte } });
  stage.start('api');
  const leak = (second: number) => ({ 'api rss_bytes': (60 + second * 2) * mebibyte });
  expect(stage.sample(90_000, leak)).toContain('forecast:api:rss_bytes');
});

test('forecast: also of a service that others can do without', () => {
  const stage = open({ limits: { ...limits, memoryBytes: 260 * mebibyte }, required: false });
  const leak = (second: number) => ({ 'api rss_bytes': (60 + second * 2) * mebibyte });
  stage.sample(90_000, leak);
  expect(grave(stage)).toContain('forecast:api:rss_bytes');
});

test('forecast: over with the run that leaked, and a second leak is told at once', () => {
  const stage = open({ limits: { ...limits, memoryBytes: 260 * mebibyte } });
  const leak = (second: number) => ({ 'api rss_bytes': (60 + second * 2) * mebibyte });
  for (let time = 0; time < 2; time += 1) {
    expect(stage.sample(90_000, leak)).toContain('forecast:api:rss_bytes');
    stage.wait(1_000);
    stage.start('api');
    stage.wait(1_000);
    expect(stage.showing()).toEqual([]);
  }
});

test('forecast: few readings that only swing say nothing', () => {
  const stage = open({ limits: { ...limits, memoryBytes: 200 * mebibyte } });
  const sawtooth = (second: number) => ({
    'api rss_bytes': (80 + ((second % 240) / 240) * 70) * mebibyte,
  });
  stage.sample(hour, sawtooth, 20_000);
  expect(stage.sample(hour, sawtooth, 20_000)).toEqual([]);
});

test('forecast: what a new run fills its caches with is no leak', () => {
  const stage = open({ limits: { ...limits, memoryBytes: 200 * mebibyte } });
  stage.sample(120_000, () => ({ 'api rss_bytes': 60 * mebibyte }));
  stage.start('api');
  const warm = (second: number) => ({ 'api rss_bytes': (60 + Math.min(80, second)) * mebibyte });
  expect(stage.sample(400_000, warm)).toEqual([]);
});

test('threshold: looks that are far apart are enough when there are three', () => {
  const stage = open({ limits: { ...limits, openFiles: 100 } });
  const high = () => ({ 'api fds': 95 });
  expect(stage.sample(40_000, high, 20_000)).toEqual([]);
  expect(stage.sample(20_000, high, 20_000)).toEqual(['threshold:api:fds']);
});

test('a busy processor where others are busy, too, and a young history', () => {
  const stage = open();
  const calm = () => ({
    'api cpu': 0.1,
    'api request_p95_ms': 4 + stage.noise(1),
    '@host psi_cpu': 0.1,
  });
  stage.sample(150_000, calm);
  const busy = () => ({ 'api cpu': 0.7, 'api request_p95_ms': 500, '@host psi_cpu': 0.5 });
  expect(stage.sample(60_000, busy)).toContain('threshold:api:cpu');
});

test('host: a crowded machine makes all slow, and blames no service for it', () => {
  const stage = lived(open());
  const crowd = () => ({
    '@host psi_cpu': 0.7,
    'api cpu': 0.3,
    'api probe_ms': 400,
    'api request_p95_ms': 110,
  });
  stage.sample(120_000, crowd);
  expect(stage.showing().map(({ key }) => key)).toContain('threshold:@host:psi_cpu');
  expect(grave(stage)).toEqual([]);
});

test('host: crowded, and requests are plainly slow', () => {
  const stage = lived(open());
  stage.sample(120_000, () => ({ '@host psi_cpu': 0.7, 'api request_p95_ms': 400 }));
  expect(grave(stage)).toEqual(['threshold:@host:psi_cpu']);
});

test('disk: deleted files count sooner on a small disk', () => {
  const stage = open();
  const small = { '@disk:/s disk_used_ratio': 0.9, '@disk:/s disk_free_bytes': 4 * mebibyte };
  const began = stage.sample(10_000, () => ({ ...small, 'api deleted_open_bytes': 20 * mebibyte }));
  expect(began).toContain('disk:api:deleted-open');
});

test('trend: memory that doubles without a limit is evidence, then a warning', () => {
  const stage = lived(open());
  const leak = (second: number) => ({ 'api rss_bytes': (100 + second * 0.25) * mebibyte });
  expect(stage.sample(600_000, leak)).toContain('trend:api:rss_bytes');
  expect(grave(stage)).toEqual([]);
  stage.sample(600_000, (second) => leak(second + 600));
  expect(grave(stage)).toEqual(['trend:api:rss_bytes']);
});

test('disk: full by share or by what is left, and a large disk has time', () => {
  const stage = open();
  const full = { '@disk:/ disk_used_ratio': 0.96, '@disk:/ disk_free_bytes': 100 * mebibyte };
  expect(stage.sample(10_000, () => full)).toEqual(['disk:@disk:/:bytes']);
  const small = { '@disk:/s disk_used_ratio': 0.9, '@disk:/s disk_free_bytes': mebibyte };
  expect(stage.sample(10_000, () => small)).toEqual([]);
  const large = { '@disk:/big disk_used_ratio': 0.96, '@disk:/big disk_free_bytes': 8e10 };
  expect(stage.sample(10_000, () => large)).toEqual([]);
});

test('disk: inodes, and deleted files where it is crowded', () => {
  const stage = open();
  const began = stage.sample(10_000, () => ({
    '@disk:/ disk_used_ratio': 0.88,
    '@disk:/ inodes_used_ratio': 0.99,
    'api deleted_open_bytes': 3_000 * mebibyte,
  }));
  expect(began).toEqual(['disk:@disk:/:inodes', 'disk:api:deleted-open']);
});

test('disk: filling up is forecast', () => {
  const stage = open();
  const filling = (second: number) => ({ '@disk:/ disk_used_ratio': 0.7 + second / 6_000 });
  expect(stage.sample(1_200_000, filling)).toEqual(['forecast:@disk:/:disk_used_ratio']);
});

test('zombies: a few are ordinary, five for half a minute are not', () => {
  const stage = open();
  expect(stage.sample(120_000, () => ({ 'api zombies': 3 }))).toEqual([]);
  expect(stage.sample(60_000, () => ({ 'api zombies': 20 }))).toEqual(['zombies:api']);
});

test('certificates: 30, 14, 7 and 1 days before', () => {
  const stage = open();
  const at = (days: number) => stage.sample(60_000, () => ({ 'api certificate_days': days }));
  expect(at(31)).toEqual([]);
  expect(at(29)).toEqual(['certificate:api:30']);
  expect(at(13)).toEqual(['certificate:api:14']);
  expect(at(6)).toEqual(['certificate:api:7']);
  expect(at(0.5)).toEqual(['certificate:api:1']);
  expect(at(-1)).toEqual(['certificate:api:0']);
});

test('a collection pause and its late readings are nothing', () => {
  const stage = lived(open());
  stage.see({ kind: 'own-pause', fromMs: stage.nowMs, toMs: stage.nowMs + 40_000 });
  stage.wait(40_000);
  stage.look();
  const late = (second: number) => ({ 'api request_p95_ms': second < 10 ? 5_000 : 40 });
  expect(stage.sample(60_000, late)).toEqual([]);
});
