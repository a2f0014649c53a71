/**
 * A real supervisor on a folder of its own, for the tests and measurements beside this file:
 * starts it, asks it, kills it, and leaves nothing behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Snapshot, SupervisorInfo } from '@fettle/core/supervise/protocol';
import type { Service, Stack } from '@fettle/core/stack/service';
import { listProcesses, listRunTokens } from '@fettle/proc/process-tree';
import { supervisorFlags } from '@fettle/sdk/daemon/supervisor-flags';
import { type StatePaths, livePaths, statePaths } from '@fettle/sdk/daemon/paths';
import { connectSupervisor, type SupervisorClient } from '@fettle/sdk/daemon/supervisor-client';

/** `FETTLE_SUPERVISOR`: another build's main.js, for a run that a rebuild shall not disturb. */
const built = fileURLToPath(new URL('../../packages/supervisor/dist/main.js', import.meta.url));

const entry = process.env['FETTLE_SUPERVISOR'] ?? built;

export type TestDaemon = Readonly<{
  dir: string;
  paths: StatePaths;
  /** Starts a supervisor; the promise ends when it answers. */
  start(): Promise<ChildProcess>;
  pid(): number;
  client(): SupervisorClient;
  apply(services: readonly Service[]): Promise<void>;
  info(): Promise<SupervisorInfo>;
  instances(): Promise<readonly InstanceView[]>;
  /** Waits until `accept` holds. @throws when it does not within `timeoutMs`. */
  until(
    what: string,
    accept: (instances: readonly InstanceView[]) => boolean,
    timeoutMs?: number,
  ): Promise<readonly InstanceView[]>;
  /** SIGKILL to the supervisor, waited for. */
  kill(): Promise<void>;
  /** `down`, then the folder goes. Whatever is left is killed and returned. */
  end(): Promise<number>;
}>;

export function service(name: string, more: Partial<Service> = {}): Service {
  return {
    name,
    command: ['sleep', '1000'],
    workingDir: '/tmp',
    environment: {},
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 30_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 10,
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
    place: { file: 'fettle.yaml', line: 1, column: 1 },
    ...more,
  };
}

export function stackOf(dir: string, services: readonly Service[]): Stack {
  return {
    name: 'test',
    dir,
    files: [],
    configModifiedAtMs: 0,
    services,
    reservedPorts: [],
  };
}

/** `controller`: a controller's main.js, or `none`. */
export function testDaemon(
  controller = 'none',
  dir = mkdtempSync(join(tmpdir(), 'fettle-')),
): TestDaemon {
  const env = { ...process.env, XDG_RUNTIME_DIR: undefined };
  const paths = statePaths(dir, env);
  let child: ChildProcess | null = null;
  let client: SupervisorClient | null = null;
  const connected = (): SupervisorClient => {
    if (client === null) throw new TypeError('start the daemon first');
    return client;
  };
  const instances = async (): Promise<readonly InstanceView[]> =>
    ((await connected().request({ kind: 'snapshot' })) as Snapshot).instances;
  const daemon: TestDaemon = {
    dir,
    paths,
    async start() {
      const out = openSync(join(dir, 'supervisor.out'), 'a');
      const args = [...supervisorFlags, entry, '--stack-dir', dir, '--controller', controller];
      child = spawn(process.execPath, args, { env, stdio: ['ignore', out, out] });
      closeSync(out);
      const started = child;
      client?.close();
      client = await poll('the supervisor answers', 10_000, async () => {
        if (started.exitCode !== null)
          throw new TypeError(readFileSync(join(dir, 'supervisor.out'), 'utf8'));
        const socketPath = (): string => livePaths(dir, env).supervisorSocket;
        return connectSupervisor({ socketPath, client: 'test' }).catch(() => null);
      });
      return started;
    },
    pid: () => child?.pid ?? 0,
    client: connected,
    async apply(services) {
      await connected().request({ kind: 'apply', stack: stackOf(dir, services), actor: 'test' });
    },
    info: async () => (await connected().request({ kind: 'info' })) as SupervisorInfo,
    instances,
    until: (what, accept, timeoutMs = 10_000) =>
      poll(what, timeoutMs, async () => {
        const views = await instances();
        return accept(views) ? views : null;
      }),
    async kill() {
      const dying = child;
      if (dying === null || dying.exitCode !== null || dying.signalCode !== null) return;
      const gone = new Promise((resolve) => dying.once('exit', resolve));
      dying.kill('SIGKILL');
      await gone;
    },
    async end() {
      const ending = child;
      if (client !== null && ending !== null && ending.exitCode === null) {
        const gone = new Promise((resolve) => ending.once('exit', resolve));
        await client.request({ kind: 'down', actor: 'test' }).catch(() => null);
        await Promise.race([gone, deadline(15_000)]);
      }
      client?.close();
      await daemon.kill();
      const left = processesOf(paths);
      for (const pid of left) tryKill(pid);
      rmSync(dir, { recursive: true, force: true });
      rmSync(paths.runtimeDir, { recursive: true, force: true });
      return left.length;
    },
  };
  return daemon;
}

/** Everything alive that carries a run token of this stack. */
export function processesOf(paths: StatePaths): number[] {
  const tokens = listRunTokens(listProcesses());
  return [...tokens].flatMap(([pid, token]) =>
    token.startsWith(paths.hash.slice(0, 8)) && pid !== process.pid ? [pid] : [],
  );
}

export async function poll<Value>(
  what: string,
  timeoutMs: number,
  look: () => Promise<Value | null> | Value | null,
): Promise<Value> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== null) return value;
    if (performance.now() > untilMs) throw new TypeError(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function deadline(timeoutMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, timeoutMs).unref());
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}
