import { afterAll, describe, expect, test } from 'vitest';
import { loadStack } from './load-stack.ts';
import { showStack } from './show-stack.ts';
import { stackFolders } from './testing/stack-folder.ts';

const { folder, check: checkFiles, load, remove } = stackFolders();
afterAll(remove);

const services = 'services:\n  api: {command: x}\n  db: {command: y}\n';
const check = (keys: string, expected: object) =>
  expect(load(`${services}${keys}\n`)).toMatchObject(expected);
const refused = (keys: string, ...expected: readonly object[]) =>
  expect(checkFiles(`${services}${keys}\n`).problems).toMatchObject(expected);

describe('heal', () => {
  test('a level alone', () => check('heal: safe', { heal: { autonomy: 'safe' } }));
  test('every number of the policy', () =>
    check(
      [
        'heal:',
        '  autonomy: full',
        '  services: {db: approve}',
        '  freeze: 2027-01-02T06:00:00Z',
        '  self_inflicted: 10s',
        '  cooldown: 1m',
        '  max_runs: {count: 5}',
        '  block: {for: 30m}',
        '  chronic: {heals: 2, within: 2h}',
        '  cascade: {ratio: 60%, services: 4, within: 30s}',
        '  manual: 15m',
        '  max_targets: 2',
        '  keep_healthy: 0.75',
        '  concurrent_runs: 4',
        '  deadline: 10m',
        '  approval: 5m',
        '  recheck_at: [1m, 2m]',
        '  flapping: {checks: 10}',
        '  resolve_after: 20s',
        '  escalation_value: 1h',
        '  good_after: 5s',
      ].join('\n'),
      {
        heal: {
          autonomy: 'full',
          services: { db: 'approve' },
          frozenUntilMs: Date.UTC(2027, 0, 2, 6),
          selfInflictedMs: 10_000,
          cooldownMs: 60_000,
          maxRuns: { count: 5, perMs: 3_600_000 },
          block: { failures: 3, forMs: 1_800_000 },
          chronic: { heals: 2, withinMs: 7_200_000 },
          cascade: { ratio: 0.6, services: 4, withinMs: 30_000 },
          manualMs: 900_000,
          maxTargets: 2,
          keepHealthyRatio: 0.75,
          concurrentRuns: 4,
          runDeadlineMs: 600_000,
          approvalMs: 300_000,
          recheckMs: [60_000, 120_000],
          flapping: { checks: 10, beginRatio: 0.5, endRatio: 0.25 },
          resolveMs: 20_000,
          escalationValueMs: 3_600_000,
          goodAfterMs: 5_000,
        },
      },
    ));
  test('of one service, in both forms', () => {
    const text =
      'services:\n  a: {command: x, heal: observe}\n  b: {command: x, heal: {autonomy: full}}\n';
    expect(load(text).services.map(({ heal }) => heal)).toEqual(['observe', 'full']);
  });
  test('what is not said stays absent', () => {
    const stack = load(services);
    expect(Object.keys(stack)).not.toContain('heal');
    expect(Object.keys(stack.services[0]!)).not.toContain('heal');
  });
  test('a level that does not exist', () =>
    refused('heal: save', { code: 'E-CONFIG-VALUE', nearest: 'safe', place: { line: 4 } }));
  test('a service that does not exist', () =>
    refused('heal: {services: {dp: safe}}', { code: 'E-CONFIG-VALUE', nearest: 'db' }));
  test('an unknown key, a share above all, a day that is none', () =>
    refused(
      'heal:\n  cooldwn: 5m\n  keep_healthy: 151%\n  freeze: tomorrow',
      { code: 'E-CONFIG-KEY', nearest: 'cooldown', place: { line: 5, column: 3 } },
      { code: 'E-CONFIG-RANGE' },
      { code: 'E-CONFIG-VALUE' },
    ));
});

describe('self_healing', () => {
  test('each for itself: a switch or a share', () =>
    check('self_healing: {prediction: off, recovery: 25%, learning: 1}', {
      selfHealing: { prediction: 0, recovery: 0.25, learning: 1 },
    }));
  test('all at once', () => {
    expect(Object.values(load(`${services}self_healing: false\n`).selfHealing!)).toEqual(
      Array.from({ length: 11 }, () => 0),
    );
  });
  test('an unknown capability', () =>
    refused('self_healing: {predicton: true}', { nearest: 'prediction' }));
});

describe('constraints', () => {
  test('with their defaults', () =>
    check(`constraints:\n  - expr: metric('api', 'rss_bytes') < 500MB`, {
      constraints: [
        { expr: "metric('api', 'rss_bytes') < 500MB", severity: 'warn', forMs: 0, text: null },
      ],
    }));
  test('a service without quotes', () =>
    check(
      "constraints:\n  - expr: metric(api, 'rss_bytes') < 1GB\n    severity: error\n    for: 30s",
      {
        constraints: [{ severity: 'error', forMs: 30_000 }],
      },
    ));
  test('a slip is shown where it stands', () =>
    refused("constraints:\n  - expr: metric('api', 'rss_byte') < 1GB", {
      code: 'E-CONFIG-EXPRESSION',
      place: { line: 5, column: 25 },
    }));
  test('a fact that looks at the world is for runbooks', () =>
    refused('constraints: [{expr: "tcp_connect(\'127.0.0.1:1\').ok"}]', {
      code: 'E-CONFIG-EXPRESSION',
      message: expect.stringContaining('only runbooks'),
    }));
  test('half an expression', () =>
    refused('constraints: [{expr: 1 <}]', { code: 'E-CONFIG-EXPRESSION' }));
});

test('notify takes webhooks, and names the variable of their secret', () => {
  check('notify: [{webhook: "https://h.example/x", secret_env: HOOK}]', {
    notify: [{ webhook: 'https://h.example/x', secretEnv: 'HOOK' }],
  });
  refused(
    'notify: [{webhook: "ftp://h.example/x"}, {secret_env: a-b, webhook: "http://h"}]',
    {
      code: 'E-CONFIG-URL',
    },
    { code: 'E-CONFIG-NAME' },
  );
});

describe('configs and secrets', () => {
  const text = [
    'configs: {app: {file: app.conf}, other: o.conf}',
    'secrets: {key: {file: keys/key.txt}}',
    'services:',
    '  api: {command: x, configs: [app], secrets: [{source: key, target: /run/key}]}',
    '',
  ].join('\n');
  const files = { 'fettle.yaml': text, 'app.conf': '', 'o.conf': '', 'keys/key.txt': '' };
  test('are absolute, and each service has its own', () => {
    const dir = folder(files);
    const { stack, warnings } = loadStack({ dir, env: {} });
    const app = { name: 'app', path: `${dir}/app.conf`, secret: false };
    const key = { name: 'key', path: `${dir}/keys/key.txt`, secret: true };
    expect(stack.configs).toEqual([app, { ...app, name: 'other', path: `${dir}/o.conf` }, key]);
    expect(stack.services[0]?.configs).toEqual([app, key]);
    expect(warnings.map(({ code, seen }) => [code, seen])).toEqual([
      ['W-CONFIG-IGNORED', 'target'],
    ]);
  });
  test('a file that is missing is a warning', () =>
    expect(checkFiles(text).warnings).toMatchObject([
      { code: 'W-CONFIG-WATCHED', seen: 'app.conf' },
      { code: 'W-CONFIG-WATCHED', seen: 'o.conf' },
      { code: 'W-CONFIG-WATCHED', seen: 'keys/key.txt' },
      { code: 'W-CONFIG-IGNORED' },
    ]));
  test('a name that nobody defined', () =>
    expect(
      checkFiles({ ...files, 'fettle.yaml': text.replace('[app]', '[apq]') }).problems,
    ).toMatchObject([{ code: 'E-CONFIG-VALUE', nearest: 'app', place: { line: 4 } }]));
});

describe('cleanup', () => {
  const cleanup = (globs: string) =>
    checkFiles({ 'fettle.yaml': `services: {a: {command: x, cleanup: ${globs}}}\n`, 'logs/x': '' });
  test('globs are absolute', () => {
    const { stack } = cleanup('[logs/*.log, /var/tmp/shop/**, "*.log.gz", /tmp/shop-*.tmp]');
    const dir = stack?.dir ?? '';
    expect(stack?.services[0]?.cleanup).toEqual([
      `${dir}/logs/*.log`,
      '/var/tmp/shop/**',
      `${dir}/*.log.gz`,
      '/tmp/shop-*.tmp',
    ]);
  });
  test.each([
    ['/*'],
    ['/**'],
    ['/var/log/*.log'],
    ['/home/me/*'],
    ['**'],
    ['*'],
    ['*.*'],
    ['../*'],
    ['../../**'],
    ['logs/*/../../*'],
    ['.fettle/*'],
    ['.fettle/logs/*.log'],
  ])('%s would reach too far', (glob) =>
    expect(cleanup(JSON.stringify([glob])).problems).toMatchObject([{ code: 'E-CONFIG-CLEANUP' }]),
  );
});

test('what is shown reads back to the same', () => {
  const keys = [
    'heal: {autonomy: safe, services: {db: approve}, freeze: 2027-01-02T06:00:00Z, cooldown: 90s, recheck_at: [5m, 1h], cascade: {services: 3}, max_runs: {count: 2}, flapping: {end: 20%}, chronic: {heals: 9}, block: {failures: 4}, keep_healthy: 60%}',
    'self_healing: {recovery: 25%}',
    "constraints: [{expr: 'true', severity: error, for: 30s, text: too big}]",
    'notify: [{webhook: "https://h.example/x", secret_env: HOOK, dead_man: "https://h.example/d"}]',
    'configs: {app: app.conf}',
    'secrets: {key: key.txt}',
  ].join('\n');
  const dir = folder({
    'fettle.yaml': `${keys}\nservices: {api: {command: x, heal: full, cleanup: logs/*.log, configs: [app], secrets: [key]}, db: {command: x}}\n`,
    'app.conf': '',
    'key.txt': '',
  });
  const { stack } = loadStack({ dir, env: {} });
  const again = folder({ 'fettle.yaml': showStack(stack, { secrets: 'shown' }) });
  const { heal, selfHealing, notify, configs } = loadStack({ dir: again, env: {} }).stack;
  expect({ heal, selfHealing, notify, configs }).toEqual({
    heal: stack.heal,
    selfHealing: stack.selfHealing,
    notify: stack.notify,
    configs: stack.configs,
  });
});
test('the path of a webhook is not shown', () => {
  const stack = load(`${services}notify: [{webhook: "https://h.example/hooks/T0P"}]\n`);
  expect(showStack(stack)).not.toContain('T0P');
  expect(showStack(stack)).toContain('https://h.example/***');
});
