/**
 * A stack under the real supervisor (its own process) with the real health part in this one: what
 * the controller does, without its store and API.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHealthPart } from '@fettle/controller/health/health-part';
import type { HealthPart, Journal, LogsPart } from '@fettle/controller/parts';
import { createSupervisorLink, type FullLink } from '@fettle/controller/supervisor-link';
import type { HealthCheck, Probe } from '@fettle/core/stack/health-check';
import type { Service, Stack } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { StackEvent } from '@fettle/sdk/api/documents';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';

export type LiveStack = Readonly<{
  stateDir: string;
  supervisorPid: number;
  link: FullLink;
  health: HealthPart;
  /** Tears the health part down and builds it anew, as after a restart of the controller. */
  reopenHealth(): Promise<HealthPart>;
  events: readonly StackEvent[];
  view(instance: string): InstanceView;
  /** Polls each 10 ms. @throws FettleError E-TEST-LATE at the deadline. */
  until<T>(what: string, look: () => T | null | false, timeoutMs?: number): Promise<T>;
  /** Stops everything, the supervisor too, and removes the folder. */
  close(): Promise<void>;
}>;

const root = fileURLToPath(new URL('../..', import.meta.url));

export function http(target: string, more: Partial<HealthCheck> = {}): HealthCheck {
  const probe: Probe = {
    kind: 'http',
    target,
    method: 'GET',
    headers: {},
    status: [{ from: 200, to: 399 }],
    body: null,
    responseHeaders: {},
    json: {},
  };
  return healthCheck(probe, more);
}

export function healthCheck(probe: Probe, more: Partial<HealthCheck> = {}): HealthCheck {
  return {
    name: 'health',
    role: 'both',
    probe,
    intervalMs: 1_000,
    timeoutMs: 500,
    downAfter: 3,
    upAfter: 2,
    startPeriodMs: 5_000,
    startIntervalMs: 500,
    required: true,
    attest: true,
    ...more,
  };
}

export function service(
  name: string,
  command: readonly string[],
  more: Partial<Service> = {},
): Service {
  return {
    name,
    command,
    workingDir: join(root, 'e2e/health/services'),
    environment: {},
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 30_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 1,
    port: { preferred: [{ from: 18_100, to: 18_199 }], host: '127.0.0.1', fallback: true },
    portClass: null,
    healthChecks: [],
    stopSignal: 'SIGTERM',
    stopGraceMs: 2_000,
    limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: 'fettle.yaml', line: 1, column: 1 },
    ...more,
  };
}

/** `logs` false: no log probes, and no reading of spools that a measurement would see. */
export async function openLiveStack(
  services: readonly Service[],
  { logs = true }: Readonly<{ logs?: boolean }> = {},
): Promise<LiveStack> {
  const dir = await mkdtemp(join(tmpdir(), 'fettle-health-'));
  const paths = statePaths(dir);
  const daemon = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      join(root, 'packages/supervisor/src/main.ts'),
      '--stack-dir',
      dir,
      '--controller',
      'none',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => daemon.once('exit', () => resolve()));
  const link = createSupervisorLink({
    socketPath: paths.supervisorSocket,
    cursor: () => null,
    record: () => {},
    recordSnapshot: () => {},
  });
  link.start();
  await until('the supervisor', () => link.connected(), 30_000).catch((error: unknown) => {
    daemon.kill('SIGKILL');
    link.stop();
    throw error;
  });
  const { journal, events } = memoryJournal();
  const build = (): HealthPart =>
    openHealthPart({
      link,
      journal,
      logs: logs ? spools(link) : null,
      stateDir: paths.stateDir,
    });
  let health = build();
  const stack: Stack = {
    name: 'hang',
    dir,
    files: [],
    configModifiedAtMs: 0,
    services,
    reservedPorts: [],
  };
  await link.request({ kind: 'apply', stack, actor: 'test' });
  return {
    stateDir: paths.stateDir,
    supervisorPid: daemon.pid ?? 0,
    link,
    get health() {
      return health;
    },
    async reopenHealth() {
      await health.stop();
      health = build();
      return health;
    },
    events,
    view: (instance) => viewOf(link, instance),
    until,
    async close() {
      await health.stop();
      await link.request({ kind: 'down', actor: 'test' }).catch(() => null);
      const late = setTimeout(() => daemon.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(late);
      link.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function viewOf(link: FullLink, instance: string): InstanceView {
  const view = link.instance(instance);
  if (view !== null) return view;
  throw new FettleError('E-TEST-LATE', `no instance ${instance}`, { hint: 'See the test.' });
}

async function until<T>(
  what: string,
  look: () => T | null | false,
  timeoutMs = 20_000,
): Promise<T> {
  const limitMs = performance.now() + timeoutMs;
  for (;;) {
    const found = look();
    if (found !== null && found !== false) return found;
    if (performance.now() > limitMs)
      throw new FettleError('E-TEST-LATE', `waited ${timeoutMs} ms for ${what}`, {
        hint: 'See what the services and the supervisor said.',
      });
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

function memoryJournal(): Readonly<{ journal: Journal; events: readonly StackEvent[] }> {
  const events: StackEvent[] = [];
  const journal: Journal = {
    append(event) {
      const full = { seq: events.length + 1, at: new Date().toISOString(), ...event };
      events.push(full);
      return full;
    },
    read: () => events,
    onEvent: () => () => {},
  };
  return { journal, events };
}

/** The last lines of a run, straight from its spool. */
function spools(link: FullLink): Pick<LogsPart, 'tail' | 'onLines' | 'stop'> {
  return {
    async tail(instance, _token, count) {
      const spool = link.instance(instance)?.spool ?? null;
      const text = spool === null ? '' : await readFile(spool, 'utf8').catch(() => '');
      return text.trimEnd().split('\n').slice(-count);
    },
    onLines(listener) {
      const read = new Map<string, number>();
      const timer = setInterval(() => {
        for (const { instance, token, spool } of link.instances()) {
          if (token === null || spool === null || !existsSync(spool)) continue;
          const lines = readFileSync(spool, 'utf8').split('\n').slice(0, -1);
          const fresh = lines.slice(read.get(token) ?? 0);
          read.set(token, lines.length);
          if (fresh.length > 0) listener(instance, token, fresh, 0);
        }
      }, 50);
      return () => clearInterval(timer);
    },
    stop: () => Promise.resolve(),
  };
}
