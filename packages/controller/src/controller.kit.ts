/**
 * For tests: a supervisor that speaks the real protocol over a real socket, and parts that know
 * nothing. Everything else in these tests is the real thing.
 */
import { openLoop } from '@fettle/core/loop-state';
import { stepLoop } from '@fettle/core/loop-step';
import { openErrors } from './errors/errors-part.ts';
import { openActions } from './loop/actions/act-once.ts';
import { loadRunbooks } from './loop/load-runbooks.ts';
import type { LoopPart } from './loop/loop-part.ts';
import { previewRun } from './loop/preview-run.ts';
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Service, Stack } from '@fettle/core/stack/service';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Push, RequestBody } from '@fettle/core/supervise/protocol';
import { statePaths, type StatePaths } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { LogLine } from '@fettle/sdk/api/documents';
import {
  startController,
  type Controller,
  type ControllerOptions,
  type Parts,
} from './controller.ts';

export function aService(name: string, fields: Partial<Service> = {}): Service {
  return {
    name,
    command: ['node', `${name}.js`],
    workingDir: '/tmp',
    environment: {},
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 30_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 4,
    port: null,
    portClass: null,
    healthChecks: [] as HealthCheck[],
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: 'fettle.yaml', line: 1, column: 1 },
    ...fields,
  };
}

export function aStack(services: readonly Service[], fields: Partial<Stack> = {}): Stack {
  return {
    name: 'shop',
    dir: '/tmp/shop',
    files: [],
    configModifiedAtMs: 0,
    services,
    reservedPorts: [],
    ...fields,
  };
}

export function aView(service: string, fields: Partial<InstanceView> = {}): InstanceView {
  return {
    instance: `${service}.1`,
    service,
    replica: 1,
    state: 'running',
    sinceMs: 1_700_000_000_000,
    token: `e1-${service}`,
    pid: 4_000,
    shimPid: 3_999,
    startedAtMs: 1_700_000_000_000,
    startReason: 'first-start',
    ready: true,
    port: null,
    restarts: 0,
    restartsByReason: {},
    lastExit: null,
    lastToken: null,
    nextStartAtMs: null,
    waitingFor: [],
    missingOptional: [],
    spawnError: null,
    portTrouble: null,
    configHash: 'h',
    spool: null,
    rssBytes: null,
    ...fields,
  };
}

export type FakeSupervisor = Readonly<{
  /** Publishes and keeps for clients that come back. */
  publish(notice: Notice, atMs?: number): void;
  requests: readonly RequestBody[];
  setStack(stack: Stack): void;
  /** Drops every connection, as a dying daemon does. */
  dropClients(): void;
  close(): Promise<void>;
}>;

/** Keeps every push, so that a client with the same epoch can resume. */
export async function fakeSupervisor(
  path: string,
  stack: Stack,
  views: readonly InstanceView[],
  epoch = 'e1',
): Promise<FakeSupervisor> {
  const state = new Map(views.map((view) => [view.instance, view]));
  const pushes: Push[] = [];
  const clients = new Set<Socket>();
  const requests: RequestBody[] = [];
  let current = stack;
  const snapshot = () => ({
    epoch,
    seq: pushes.length,
    stack: current,
    instances: [...state.values()],
    goingDown: false,
  });
  const answer = (socket: Socket, message: RequestBody & { id: number }): void => {
    requests.push(message);
    const send = (value: object): void => void socket.write(`${JSON.stringify(value)}\n`);
    const ok = (result: unknown): void => send({ v: 1, re: message.id, ok: true, result });
    if (message.kind === 'hello') {
      const resumed = message.epoch === epoch;
      ok({ resumed, epoch, seq: pushes.length, snapshot: resumed ? null : snapshot() });
      if (resumed) for (const push of pushes.slice(message.seq)) send(push);
    } else if (message.kind === 'snapshot') ok(snapshot());
    else if (message.kind === 'info')
      ok({ pid: process.pid, version: '0', epoch, runLogDurable: true });
    else if (message.kind === 'command' && message.services[0] === 'refused')
      send({
        v: 1,
        re: message.id,
        ok: false,
        error: { code: 'E-USAGE', message: 'no', hint: 'x' },
      });
    else ok({});
  };
  const server = createServer((socket) => {
    clients.add(socket);
    let rest = '';
    socket.on('close', () => clients.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) answer(socket, JSON.parse(line));
    });
  });
  const ready = Promise.withResolvers<void>();
  server.listen(path, () => ready.resolve());
  await ready.promise;
  return {
    requests,
    publish(notice, atMs = Date.now()) {
      if (notice.kind === 'instance-changed') state.set(notice.view.instance, notice.view);
      const push: Push = { v: 1, epoch, seq: pushes.length + 1, atMs, notice };
      pushes.push(push);
      for (const socket of clients) socket.write(`${JSON.stringify(push)}\n`);
    },
    setStack: (next) => void (current = next),
    dropClients() {
      for (const socket of clients) socket.destroy();
    },
    async close() {
      for (const socket of clients) socket.destroy();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}

/** Parts that know nothing; `over` replaces some of what they answer. */
const histogram = { boundsSeconds: [0.005, 0.5], counts: [1, 2], sumSeconds: 9.302, count: 3 };

const idleHands: Parameters<typeof previewRun>[0]['hands'] = {
  answer: (calls) => Promise.resolve(calls.map(() => null)),
  actions: openActions([], null as never),
};

/** The real loop with the shipped runbooks, and hands that reach nothing. */
function idleLoop(): LoopPart {
  const { runbooks } = loadRunbooks({ dir: null, cwd: '/' });
  const state = openLoop(Date.now());
  return {
    state,
    incidents: () => [...state.incidents.values()],
    incident: (id) => state.incidents.get(id) ?? null,
    runs: () => [...state.runs.values()],
    run: (id) => state.runs.get(id) ?? null,
    runbooks: () => runbooks,
    runbookProblems: () => [],
    preview: (runbook, params) =>
      previewRun({ state, hands: idleHands, nowMs: () => Date.now() }, runbook, params),
    capsule: (id) =>
      Promise.reject(new FettleError('E-CAPSULE-NONE', `${id} has no recording`, { hint: 'none' })),
    deliveries: () => [],
    healing: () => false,
    command: (command, actor) =>
      void stepLoop(state, { kind: 'commanded', command, actor }, Date.now()),
    configure: () => undefined,
    onChange: () => () => undefined,
    stop: () => Promise.resolve(),
  };
}

export function nullParts(over: Partial<Parts> = {}): Parts {
  const nothing = Promise.resolve();
  return {
    health: {
      checks: () => [],
      marks: () => [],
      flapping: () => false,
      failing: () => [],
      healing: () => false,
      ping: (id) => id === 'nightly',
      tryLinks: () => Promise.resolve([]),
      durations: () => [{ service: 'api', check: 'health', histogram }],
      onProbe: () => () => undefined,
      onPause: () => () => undefined,
      silence: () => undefined,
      unsilence: () => undefined,
      silences: () => [],
      stop: () => nothing,
    },
    loop: idleLoop(),
    watch: { rules: () => [], stop: () => nothing },
    errors: {
      take: () => nothing,
      groups: () => [],
      onReports: () => () => undefined,
      stop: () => nothing,
    },
    figures: {
      latest: () => null,
      series: (service, startMs) => ({
        schema: 'fettle.series/v1',
        service,
        stepMs: 1_000,
        startMs,
        cpuRatio: [],
        memoryBytes: [],
        openFiles: [],
        threads: [],
        marks: [],
      }),
      onLook: () => () => undefined,
      pids: () => [],
      stop: () => nothing,
    },
    logs: {
      query: () => linesOf(aLine('one'), aLine('two')),
      follow: (_query, abort) => linesUntil(abort, aLine('one')),
      queryBatches: () => linesOf([aLine('one'), aLine('two')]),
      followBatches: (_query, abort) => linesUntil(abort, [aLine('one')]),
      tail: () => Promise.resolve([]),
      sweep: () => nothing,
      rotate: () => Promise.resolve({ segments: 0, bytes: 0 }),
      boundOf: () => null,
      bound: () => nothing,
      onLines: () => () => undefined,
      stop: () => nothing,
    },
    why: {
      why: () => null,
      explain: () => Promise.resolve(null),
      onChange: () => () => undefined,
      stop: () => nothing,
    },
    ...over,
  };
}

export function aLine(text: string): LogLine {
  return {
    service: 'api',
    instance: 'api.1',
    run: 'e1-1',
    kind: 'line',
    at: '2026-01-01T00:00:00.000Z',
    level: null,
    text,
    fields: null,
    offset: 0,
  };
}

async function* linesOf<Item>(...lines: readonly Item[]): AsyncGenerator<Item> {
  yield* lines;
}

async function* linesUntil<Item>(abort: AbortSignal, line: Item): AsyncGenerator<Item> {
  yield line;
  const aborted = Promise.withResolvers<void>();
  abort.addEventListener('abort', () => aborted.resolve());
  await aborted.promise;
}

export type Rig = Readonly<{
  paths: StatePaths;
  supervisor: FakeSupervisor;
  controller: Controller;
  url: string;
  errors: readonly unknown[];
  /** Stops and starts the controller on the same state folder. */
  restart(): Promise<Rig>;
  stop(): Promise<void>;
}>;

export type RigOptions = Readonly<{
  stack?: Stack;
  views?: readonly InstanceView[];
  parts?: Partial<Parts>;
  controller?: Partial<ControllerOptions>;
}>;

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-controller-'));
  const paths = statePaths(dir, { XDG_RUNTIME_DIR: join(dir, 'run') });
  mkdirSync(paths.stateDir, { recursive: true });
  mkdirSync(paths.runtimeDir, { recursive: true });
  const stack = options.stack ?? aStack([aService('db'), aService('api')]);
  const views = options.views ?? stack.services.map(({ name }) => aView(name));
  const supervisor = await fakeSupervisor(paths.supervisorSocket, stack, views);
  return runRig(paths, supervisor, options);
}

async function runRig(
  paths: StatePaths,
  supervisor: FakeSupervisor,
  options: RigOptions,
): Promise<Rig> {
  const errors: unknown[] = [];
  const note = (fields: object): void => void errors.push(fields);
  const controller = await startController({
    paths,
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    version: '0.1.0',
    dashboardDir: null,
    log: { info: () => undefined, warn: note, error: note },
    buildParts: ({ store, durable, nowMs }) => {
      const folder = join(paths.stateDir, 'errors');
      const onTrouble = note as (cause: unknown) => void;
      const errors = openErrors({ folder, store, durable, nowMs, onTrouble });
      return nullParts({ errors, ...options.parts });
    },
    ...options.controller,
  });
  const rig: Rig = {
    paths,
    supervisor,
    controller,
    url: controller.url,
    errors,
    async restart() {
      await controller.stop();
      return runRig(paths, supervisor, options);
    },
    async stop() {
      await controller.stop();
      await supervisor.close();
      rmSync(paths.stackDir, { recursive: true, force: true });
    },
  };
  await until(async () => {
    const answer = await fetch(`${rig.url}/readyz`).catch(() => null);
    return answer?.status === 200 || options.controller?.host === '0.0.0.0';
  });
  return rig;
}

/** Looks again every 10 ms until it holds. @throws after 5 s */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new RangeError('did not happen within 5 s');
    const tick = Promise.withResolvers<void>();
    setTimeout(tick.resolve, 10);
    await tick.promise;
  }
}
