import { expect, test } from 'vitest';
import type { ServiceExam } from '../../collect/exam.ts';
import { needs, service, Stage } from '../../collect/stage.contract.ts';
import { evaluate } from '../expression/evaluate.ts';
import { context } from '../expression/expression.contract.ts';
import type { Value } from '../expression/expression.ts';
import { parseExpression } from '../expression/parse.ts';
import { allFacts } from './all.ts';
import type { FactWorld } from './fact.ts';

const open = () =>
  new Stage([
    service('db', {
      labels: { 'fettle.kind': 'database' },
      limits: { memoryBytes: 1_000, cpus: null, openFiles: 100, processes: null },
    }),
    service('api', { dependsOn: needs('db') }),
    service('web', { dependsOn: needs('api') }),
  ]);
const value = (stage: Stage, text: string, changes: Partial<FactWorld> = {}): Value => {
  const expression = parseExpression(text);
  if ('error' in expression) throw new RangeError(expression.error.message);
  const { nowMs, picture } = stage;
  const world = { picture, symptoms: [], nowMs, sinceMs: null, startedMs: nowMs, ...changes };
  return evaluate(expression, { ...context(), world });
};
const check = (
  stage: Stage,
  expected: Readonly<Record<string, Value>>,
  world: Partial<FactWorld> = {},
) => {
  for (const [text, wanted] of Object.entries(expected))
    expect([text, value(stage, text, world)]).toEqual([text, wanted]);
};
const exam = (changes: Partial<ServiceExam>): ServiceExam => ({
  service: 'api',
  atMs: 0,
  processes: [],
  ports: [],
  endpoints: [],
  names: [],
  mounts: [],
  files: [],
  certificates: [],
  command: { name: 'node', found: true },
  clockSkewMs: 0,
  ...changes,
});

test('a service that is not there gives nothing', () => {
  const stage = open();
  for (const fact of allFacts.values()) {
    if (fact.source === 'shell' || fact.params[0]?.name !== 'service') continue;
    const { picture, nowMs } = stage;
    const world = { picture, symptoms: [], nowMs, sinceMs: null, startedMs: nowMs };
    const args = fact.params.map(({ name, fallback, oneOf }) =>
      name === 'service' ? 'nobody' : (fallback ?? oneOf?.[0] ?? 'x'),
    );
    const wanted = { managed: false, symptoms: [] }[fact.name] ?? null;
    expect([fact.name, fact.answer(world, args)]).toEqual([fact.name, wanted]);
  }
});

test('a service that is well', () => {
  const stage = open();
  stage.check('api');
  check(stage, {
    "healthy('api')": true,
    "healthy('api.1')": true,
    "state('api')": 'running',
    "ready('api')": true,
    "replicas('api')": 1,
    "exits('api')": 0,
    "uptime('api')": 60_000,
    "kind('db')": 'database',
    "managed('api')": true,
    "wanted('api')": true,
    "flapping('api')": false,
    "limit('db', 'memory')": 1_000,
    "limit('api', 'memory')": null,
  });
});

test('a clean window trusts only what was seen inside it', () => {
  const stage = open();
  stage.check('api', { ok: false, up: false });
  stage.wait(10_000);
  const since = { sinceMs: stage.nowMs };
  check(stage, { "healthy('api')": false, "check('api').count": 0 }, since);
  stage.check('api', { ok: true, up: true });
  check(
    stage,
    {
      "healthy('api')": true,
      "check('api').ok_ratio": 1,
      "check('api').count": 1,
      "check('api', 'other')": null,
    },
    since,
  );
  check(stage, { "check('api').ok_ratio": 1 / 2, "check('api').ok": true });
  stage.wait(1_000);
  stage.check('api', { ok: false, up: true });
  check(stage, { "healthy('api')": false, "check('api').ok_ratio": 0.5 }, since);
});
test('a run that serves is healthy before its crash loop is forgiven', () => {
  const stage = open();
  stage.end('api');
  check(stage, { "healthy('api')": false, "ready('api')": false });
  stage.wait(100);
  stage.start('api', { state: 'crash-loop' });
  const since = { sinceMs: stage.nowMs };
  stage.wait(1_000);
  stage.check('api');
  check(stage, { "healthy('api')": true, "ready('api')": true, "replicas('api')": 1 }, since);
});
test('a check that was not asked in the window proves nothing', () => {
  const stage = open();
  check(stage, { "healthy('api')": null }, { sinceMs: stage.nowMs - 1_000 });
});

test('ends are counted in their window, those that were asked for are not', () => {
  const stage = open();
  stage.end('api');
  check(stage, { "exits('api', 60s)": 1, "healthy('api')": false, "state('api')": 'backing-off' });
  check(stage, { "exits('api')": 0 }, { sinceMs: stage.nowMs + 1 });
  stage.start('api');
  stage.wait(90_000);
  stage.end('api', { endedBy: 'operator-stop' });
  check(stage, { "exits('api', 60s)": 0, "exits('api')": 1, "exits('api', 2m)": 1 });
});

test('collateral damage is what was well at the start and stays ill', () => {
  const stage = open();
  const startedMs = stage.nowMs;
  stage.wait(2_000);
  stage.end('api');
  const text = "any(other in neighbours('db'): became_failing_since_start(other))";
  check(stage, { [text]: false }, { startedMs });
  stage.wait(12_000);
  check(stage, { [text]: true }, { startedMs });
  check(stage, { [text]: false }, { startedMs: stage.nowMs });
  stage.start('api');
  check(stage, { [text]: false }, { startedMs });
});

test('neighbours are what is named and what is seen', () => {
  const stage = open();
  const edge = { service: 'web', peer: 'db', host: '127.0.0.1', port: 5_432 };
  check(stage, {
    "dependencies('api')": ['db'],
    "dependants('db')": ['api'],
    "neighbours('api')": ['db', 'web'],
  });
  stage.see({
    kind: 'connections',
    atMs: stage.nowMs,
    edges: [{ ...edge, established: 1, synSent: 0, closeWait: 0 }],
  });
  check(stage, { "dependants('db')": ['api', 'web'] });
});

test('figures: the newest, the mean of a clean window, the pace', () => {
  const stage = open();
  const begunMs = stage.nowMs;
  for (let second = 0; second < 60; second += 1) {
    stage.see({
      kind: 'sampled',
      atMs: stage.nowMs,
      samples: [
        { subject: 'db', metric: 'rss_bytes', value: 400 + second },
        { subject: '@host', metric: 'psi_cpu', value: 0.5 },
      ],
    });
    stage.wait(1_000);
  }
  check(stage, {
    "metric('db', 'rss_bytes')": 459,
    "host('psi_cpu')": 0.5,
    "metric('db', 'fds')": null,
    "metric('db', 'rss_bytes') < 80% * limit('db', 'memory')": true,
  });
  const mean = value(stage, "metric('db', 'rss_bytes')", { sinceMs: begunMs });
  expect(mean).toBeGreaterThan(425);
  expect(mean).toBeLessThan(435);
  expect(value(stage, "slope('db', 'rss_bytes', 5m)")).toBeCloseTo(1, 1);
  expect(value(stage, "forecast('db', 'rss_bytes', limit('db', 'memory')) / 1s")).toBeCloseTo(
    541,
    -2,
  );
});

test('log lines are found by pattern and window', () => {
  const stage = open();
  const say = (line: string) =>
    stage.see({
      kind: 'lines',
      atMs: stage.nowMs,
      service: 'api',
      instance: 'api.1',
      lines: [line],
      skippedLines: 0,
      bytes: line.length,
    });
  say('ERROR connect ECONNREFUSED 127.0.0.1:5432');
  say('ERROR connect ECONNREFUSED 127.0.0.1:5432');
  check(stage, {
    "log_seen('api', 'econnrefused')": true,
    "log_count('api', 'econnrefused')": 2,
    "log_seen('api', 'timeout')": false,
  });
  stage.wait(200_000);
  check(stage, { "log_seen('api', 'econnrefused', 60s)": false });
});

test('changes are found by service, kind and time', () => {
  const stage = open();
  const change = (kind: 'secret' | 'runbook' | 'deploy', name: string | null) =>
    stage.see({
      kind: 'changed',
      change: { atMs: stage.nowMs, kind, service: name, actor: 'x', text: 'x', path: null },
    });
  stage.wait(1_000);
  change('secret', 'api');
  change('runbook', 'db');
  check(stage, {
    "changed('api', 'secret')": true,
    "changed('api', 'deploy')": false,
    "changed('api', 'any')": true,
    "changed('db', 'any')": false,
    "changed('db', 'runbook')": true,
    "changed_since_up('api', 'secret')": true,
  });
  stage.wait(60_000);
  stage.start('api');
  check(stage, {
    "changed_since_up('api', 'secret')": false,
    "changed('api', 'secret', 30s)": false,
  });
  change('deploy', null);
  check(stage, { "changed('web', 'deploy')": true });
});

test('disks are told by the mount that holds the path', () => {
  const stage = open();
  const api = stage.picture.services.get('api');
  const mount = {
    path: '/data',
    usedRatio: 0.97,
    freeBytes: 1,
    inodesUsedRatio: 0.2,
    readOnly: false,
    deletedOpen: [
      { service: 'web', pid: 1, bytes: 5 },
      { service: 'api', pid: 2, bytes: 50 },
    ],
    reclaimable: { files: 3, bytes: 30 },
    topWriter: 'db',
  };
  const root = { ...mount, path: '/', usedRatio: 0.1, deletedOpen: [] };
  if (api !== undefined) api.exam = exam({ atMs: stage.nowMs, mounts: [root, mount] });
  check(stage, {
    "disk_used('@disk:/data')": 0.97,
    "disk_used('/data/logs/x')": 0.97,
    "disk_used('/database')": 0.1,
    "deleted_open('/data')": 55,
    "deleted_holder('/data')": 'api',
    "top_writer('/data')": 'db',
    "reclaimable('/data') > 10B": true,
    "reclaimable_files('/data')": 3,
    "read_only('/data')": false,
    "inodes_used('/data') < 50%": true,
    "disk_used('elsewhere')": null,
  });
});

test('what a disk looked like long ago is not known now', () => {
  const stage = open();
  const api = stage.picture.services.get('api');
  const mount = {
    path: '/data',
    usedRatio: 0.2,
    freeBytes: 1,
    inodesUsedRatio: 0.2,
    readOnly: false,
    deletedOpen: [],
    reclaimable: { files: 0, bytes: 0 },
    topWriter: null,
  };
  if (api !== undefined) api.exam = exam({ atMs: stage.nowMs, mounts: [mount] });
  stage.wait(600_000);
  check(stage, { "reclaimable_files('/data')": null, "disk_used('/data')": null });
});

test('symptoms are named by kind', () => {
  const stage = open();
  const symptom = { target: 'api', kind: 'hang' } as FactWorld['symptoms'][number];
  check(
    stage,
    { "'hang' in symptoms('api')": true, "'hang' in symptoms('db')": false },
    { symptoms: [symptom, symptom] },
  );
});
