import { afterAll, describe, expect, test } from 'vitest';
import type { HealthCheck, Probe } from '@fettle/core/stack/health-check';
import { stackFolders } from './testing/stack-folder.ts';

const { service, load, folder, check: checkFiles, remove } = stackFolders();
afterAll(remove);
const check = (keys: string, expected: object, env: Record<string, string> = {}) =>
  expect(service(keys, { env })).toMatchObject(expected);

const port = (from: number, to = from, host = '127.0.0.1') => ({
  preferred: [{ from, to }],
  host,
  fallback: true,
});
const probe = (keys: string, expected: Partial<Probe>, rest: Partial<HealthCheck> = {}) =>
  expect(service(`port: 8000\n${keys}`).healthChecks).toMatchObject([{ probe: expected, ...rest }]);

test('the defaults', () => {
  check('command: x', {
    name: 'a',
    command: ['x'],
    environment: {},
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 30_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 1,
    port: null,
    portClass: null,
    healthChecks: [],
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: 'fettle.yaml', line: 2, column: 3 },
  });
});

describe('running', () => {
  test('command as text and as a list', () => {
    check('command: node "a b"', { command: ['node', 'a b'] });
    check('command: [node, a b, 1.10, true]', { command: ['node', 'a b', '1.10', 'true'] });
    check('command: a && b', { command: ['/bin/sh', '-c', 'a && b'] });
    check('command: node --port $$PORT', { command: ['/bin/sh', '-c', 'exec node --port $PORT'] });
  });
  test('entrypoint stands before command', () =>
    check('entrypoint: node\ncommand: a.js', { command: ['node', 'a.js'] }));
  test('working_dir is against the folder of the config', () => {
    const dir = folder({ 'fettle.yaml': '', 'sub/x': '' });
    const files = { 'fettle.yaml': `services: {a: {command: x, working_dir: ${dir}/sub}}` };
    expect(load(files).services[0]?.workingDir).toBe(`${dir}/sub`);
  });
  test('environment as a mapping and as a list, bare names passed through', () => {
    const environment = { A: '1', B: 'x y', C: 'true', HOME: '/h' };
    check('environment: {A: 1, B: x y, C: true, HOME: , NOPE: }', { environment }, { HOME: '/h' });
    check('environment: [A=1, "B=x y", C=true, HOME, NOPE]', { environment }, { HOME: '/h' });
  });
  test('restart, and what makes a job', () => {
    check('restart: "no"', { restart: 'no', oneShot: true });
    check('restart: no', { restart: 'no', oneShot: true });
    check('restart: on-failure:3', {
      restart: 'on-failure',
      oneShot: false,
      intensity: { count: 3 },
    });
    check('restart: unless-stopped', { restart: 'unless-stopped' });
    check('rerun: safe\nrestart: no', { rerun: 'safe' });
  });
  test('somebody who waits for completion makes it a job', () => {
    const { services } = load(
      'services:\n  m: {command: x}\n  a:\n    command: x\n    depends_on: {m: {condition: service_completed_successfully, required: false, restart: true}}\n',
    );
    expect(services[0]).toMatchObject({ restart: 'no', oneShot: true });
    expect(services[1]?.dependsOn).toEqual([
      { service: 'm', condition: 'service_completed_successfully', required: false, restart: true },
    ]);
  });
  test('stop_signal by name and number, stop_grace_period', () => {
    check('stop_signal: int\nstop_grace_period: 1m30s', {
      stopSignal: 'SIGINT',
      stopGraceMs: 90_000,
    });
    check('stop_signal: 15', { stopSignal: 'SIGTERM' });
  });
  test('templates, class, labels, required', () => {
    expect(service('templates: [{from: a.tmpl, to: a.conf}]').templates[0]?.to).toMatch(
      /\/a\.conf$/,
    );
    check('labels: [tier=back, x]', { labels: { tier: 'back', x: '' } });
    check('required: false', { required: false });
  });
});

describe('size and limits', () => {
  test('scale and deploy.replicas', () => {
    check('scale: 3', { replicas: 3, minReplicas: 3, maxReplicas: 3 });
    check('scale: 1-4', { replicas: 1, minReplicas: 1, maxReplicas: 4 });
    check('scale: 1-4\ndeploy: {replicas: 2}', { replicas: 2, minReplicas: 1, maxReplicas: 4 });
    check('deploy: {replicas: 2}', { replicas: 2, minReplicas: 2, maxReplicas: 2 });
  });
  test('deploy.restart_policy', () =>
    check('deploy: {restart_policy: {condition: any, delay: 2s, max_attempts: 7, window: 2m}}', {
      restart: 'always',
      intensity: { count: 7, periodMs: 120_000, backoff: { baseMs: 2_000 } },
    }));
  test('how replicas are replaced', () => {
    check('scale: 3\ndrain: 5s\ndeploy: {update_config: {order: start-first, delay: 2s}}', {
      drainMs: 5_000,
      rolling: { parallelism: 1, delayMs: 2_000, monitorMs: null, order: 'start-first' },
    });
    check('deploy: {update_config: {parallelism: 0, monitor: 10s}}', {
      rolling: { parallelism: 0, delayMs: 0, monitorMs: 10_000, order: 'stop-first' },
    });
  });
  test('nproc counts the processes of the user, not of the tree', () =>
    check('ulimits: {nproc: 99}', { limits: { processes: null, userProcesses: 99 } }));
  test('limits in both of their places', () => {
    check(
      'deploy: {resources: {limits: {memory: 512m, cpus: "0.5", pids: 9}}}\nulimits: {nofile: {soft: 5, hard: 6}}',
      {
        limits: { memoryBytes: 512 * 1024 ** 2, cpus: 0.5, processes: 9, openFiles: 5 },
      },
    );
    check('mem_limit: 1g\ncpus: 2\npids_limit: 7\nulimits: {nofile: 8}', {
      limits: { memoryBytes: 1024 ** 3, cpus: 2, processes: 7, openFiles: 8 },
    });
  });
});

describe('ports', () => {
  test('our port in all its forms', () => {
    check('port: 8000', { port: port(8000) });
    check('port: ${P:-8000}', { port: port(8000) });
    check('port: 8000-8009', { port: port(8000, 8009) });
    check('port: auto', { port: { preferred: [], fallback: true } });
    check('port: [8002, 9000-9001]', {
      port: {
        preferred: [
          { from: 8002, to: 8002 },
          { from: 9000, to: 9001 },
        ],
      },
    });
    check('port: {prefer: 80, host: 0.0.0.0, fallback: false}', {
      port: { ...port(80, 80, '0.0.0.0'), fallback: false },
    });
  });
  test('ports of Compose', () => {
    check('ports: ["8000:80"]', { port: port(8000) });
    check('ports: ["53:53/udp", {target: 54, protocol: udp}]', { port: null });
    check('ports: [8000]', { port: port(8000) });
    check('ports: ["0.0.0.0:8000-8003:80-83/tcp"]', { port: port(8000, 8003, '0.0.0.0') });
    check('ports: [{target: 80, published: "8000", host_ip: 0.0.0.0}]', {
      port: port(8000, 8000, '0.0.0.0'),
    });
  });
  test('a port without a check gets one for readiness', () =>
    check('port: 8000', {
      healthChecks: [{ name: 'port', role: 'readiness', probe: { kind: 'tcp', port: null } }],
    }));
  test('reserved ranges', () => {
    const stack = load(
      'ports: {reserved: {web: 80-89, db: [90, 95-99]}}\nservices: {a: {command: x, class: web, port: 80}}',
    );
    expect(stack.reservedPorts).toEqual([
      { class: 'web', from: 80, to: 89 },
      { class: 'db', from: 90, to: 90 },
      { class: 'db', from: 95, to: 99 },
    ]);
    expect(stack.services[0]?.portClass).toBe('web');
  });
});

describe('health', () => {
  test('a path, with the defaults', () =>
    probe(
      'health: /healthz',
      { kind: 'http', target: '/healthz', method: 'GET', status: [{ from: 200, to: 399 }] },
      {
        name: 'health',
        role: 'both',
        intervalMs: 5_000,
        timeoutMs: 2_000,
        downAfter: 3,
        upAfter: 2,
        required: true,
        attest: true,
      },
    ));
  test('short forms', () => {
    probe('health: tcp', { kind: 'tcp', host: null, port: null });
    probe('health: tcp:99', { kind: 'tcp', host: null, port: 99 });
    probe('health: tcp://db:99', { kind: 'tcp', host: 'db', port: 99 });
    probe('health: http://x:1/y', { kind: 'http', target: 'http://x:1/y' });
    probe('health: ws:/feed', { kind: 'ws', target: '/feed' });
    probe(
      'health: "log:listening on"',
      { kind: 'log', ready: 'listening on' },
      { role: 'readiness' },
    );
  });
  test('http with all it can ask', () =>
    probe(
      'health: {http: /r, method: HEAD, status: [200, 300-399], headers: {X-A: b}, response_headers: {X-C: d}, body: ok, json: {$.a.b: [1]}, interval: 1s, timeout: 500ms, retries: 4, up: 1, start_period: 9s, start_interval: 100ms, name: n, role: readiness, required: false, attest: false}',
      {
        kind: 'http',
        method: 'HEAD',
        status: [
          { from: 200, to: 200 },
          { from: 300, to: 399 },
        ],
        headers: { 'X-A': 'b' },
        responseHeaders: { 'x-c': 'd' },
        body: 'ok',
        json: { '$.a.b': [1] },
      },
      {
        name: 'n',
        role: 'readiness',
        intervalMs: 1_000,
        timeoutMs: 500,
        downAfter: 4,
        upAfter: 1,
        startPeriodMs: 9_000,
        startIntervalMs: 100,
        required: false,
        attest: false,
      },
    ));
  test('the other kinds', () => {
    probe('health: {tcp: true}', { kind: 'tcp', port: null });
    probe('health: {tcp: "[::1]:99"}', { kind: 'tcp', host: '::1', port: 99 });
    probe('health: {exec: "curl -f x"}', { kind: 'exec', command: ['curl', '-f', 'x'] });
    probe('health: {exec: [a, b]}', { kind: 'exec', command: ['a', 'b'] });
    probe('health: {ws: /f, send: hi, expect: /yo/}', { kind: 'ws', send: 'hi', expect: '/yo/' });
    probe(
      'health: {log: ready, failing: FATAL}',
      { kind: 'log', failing: 'FATAL' },
      { role: 'both' },
    );
    probe('health: {heartbeat: true, every: 1m, grace: 5s}', {
      kind: 'heartbeat',
      id: 'a',
      everyMs: 60_000,
      graceMs: 5_000,
    });
    probe('health: {heartbeat: nightly}', { kind: 'heartbeat', id: 'nightly' });
  });
  test('a list gets names', () =>
    expect(
      service('port: 1\nhealth: [/a, {tcp: true}]').healthChecks.map(({ name }) => name),
    ).toEqual(['health', 'health.2']));
  test("Compose's healthcheck, with Compose's defaults", () => {
    probe(
      'healthcheck: {test: [CMD, a, b]}',
      { kind: 'exec', command: ['a', 'b'] },
      { intervalMs: 30_000, timeoutMs: 30_000, upAfter: 1, startPeriodMs: 0 },
    );
    probe('healthcheck: {test: curl x || exit 1}', {
      kind: 'exec',
      command: ['/bin/sh', '-c', 'curl x || exit 1'],
    });
    probe(
      'healthcheck: {test: [CMD-SHELL, a | b], interval: 2s, retries: 1}',
      { kind: 'exec', command: ['/bin/sh', '-c', 'a | b'] },
      { intervalMs: 2_000, downAfter: 1 },
    );
    expect(service('port: 1\nhealthcheck: {disable: true}').healthChecks).toEqual([]);
    expect(service('port: 1\nhealthcheck: {test: [NONE]}').healthChecks).toEqual([]);
  });
  test('external services are probed where they are', () =>
    check('external: true\nurl: https://db.example:99/x\nhealth: /ok', {
      command: [],
      external: true,
      externalUrl: 'https://db.example:99/x',
      port: { preferred: [{ from: 99, to: 99 }], host: 'db.example', fallback: false },
      healthChecks: [
        { probe: { kind: 'http', target: 'https://db.example:99/ok' }, attest: false },
      ],
    }));
  test('an external service of a known scheme is reached on its usual port', () =>
    check('external: true\nurl: postgres://me:x@db/y', {
      healthChecks: [{ probe: { kind: 'tcp', host: 'db', port: 5432 } }],
    }));
});

test('keys for containers are named in a warning', () => {
  const { stack, warnings } = checkFiles(
    'services: {a: {command: x, volumes: [a:/b], retention: 1d}}\nnetworks: {n: }',
  );
  expect(stack).not.toBeNull();
  expect(warnings.map(({ code, seen }) => [code, seen])).toEqual([
    ['W-CONFIG-IGNORED', 'volumes'],
    ['W-CONFIG-LATER', 'retention'],
    ['W-CONFIG-IGNORED', 'networks'],
  ]);
});
