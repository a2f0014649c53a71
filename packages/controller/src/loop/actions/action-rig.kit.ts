/**
 * For tests: a real supervisor on a folder of its own, linked as the controller links to it, and
 * the world that actions see. Started from source, so that no build is needed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Service, Stack } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { listProcesses, listRunTokens } from '@fettle/proc/process-tree';
import { supervisorFlags } from '@fettle/sdk/daemon/supervisor-flags';
import { statePaths, type StatePaths } from '@fettle/sdk/daemon/paths';
import { aService, aStack, nullParts } from '../../controller.kit.ts';
import type { HealthPart, Silence, SupervisorLink } from '../../parts.ts';
import { createSupervisorLink, type FullLink } from '../../supervisor-link.ts';
import { openActions, type Actions } from './act-once.ts';
import type { Stage } from './action.contract.ts';
import type { ActionWorld, WatchedFiles } from './action-world.ts';
import { allActions } from './all.ts';
import { openDeeds } from './deeds.ts';
import { hashOf, openKeptBytes } from './kept-bytes.ts';

const entry = fileURLToPath(new URL('../../../../supervisor/src/main.ts', import.meta.url));

export type ActionRig = Readonly<{
  dir: string;
  paths: StatePaths;
  link: FullLink;
  world: ActionWorld;
  actions: Actions;
  apply(services: readonly Service[], stack?: Partial<Stack>): Promise<void>;
  /** Waits until it holds of all instances. @throws after 10 s */
  until(what: string, holds: (views: readonly InstanceView[]) => boolean): Promise<void>;
  view(instance: string): InstanceView;
  /** As after a crash of the controller: a new world on what is on disk. */
  reborn(): Readonly<{ world: ActionWorld; actions: Actions }>;
  end(): Promise<void>;
}>;

export type Fixed = Partial<Omit<ActionWorld, 'link' | 'paths' | 'deeds' | 'kept'>>;

export async function startActionRig(fixed: Fixed = {}): Promise<ActionRig> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-act-'));
  const env = { ...process.env, XDG_RUNTIME_DIR: undefined };
  const paths = statePaths(dir, env);
  mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 });
  const child = startSupervisor(dir, env);
  const link = createSupervisorLink({
    socketPath: paths.supervisorSocket,
    cursor: () => null,
    record: () => undefined,
    recordSnapshot: () => undefined,
  });
  const build = (): { world: ActionWorld; actions: Actions } => {
    const world: ActionWorld = {
      link,
      paths,
      deeds: openDeeds(paths.stateDir),
      kept: openKeptBytes(paths.stateDir),
      ledger: null,
      logs: null,
      health: null,
      env: process.env,
      nowMs: Date.now,
      ...fixed,
    };
    return { world, actions: openActions(allActions, world) };
  };
  link.start();
  await poll('the supervisor answers', () => {
    if (child.exitCode === null) return link.connected();
    throw new TypeError(readFileSync(join(dir, 'supervisor.out'), 'utf8'));
  });
  return {
    dir,
    paths,
    link,
    ...build(),
    async apply(services, fields = {}) {
      const stack = aStack(services, { name: 'act', dir, ...fields });
      await link.request({ kind: 'apply', stack, actor: 'test' });
      const names = new Set(services.map(({ name }) => name));
      await poll('only what is applied is there', () =>
        link.instances().every(({ service }) => names.has(service)),
      );
      await poll('all of it is there', () => link.instances().length >= names.size);
    },
    until: (what, holds) => poll(what, () => holds(link.instances())),
    view(instance) {
      const found = link.instance(instance);
      if (found === null) throw new TypeError(`no instance ${instance}`);
      return found;
    },
    reborn: build,
    end: () => end(link, paths, child),
  };
}

function startSupervisor(dir: string, env: NodeJS.ProcessEnv): ChildProcess {
  const out = openSync(join(dir, 'supervisor.out'), 'a');
  const own = ['--conditions=source', '--disable-warning=ExperimentalWarning', entry];
  const args = [...supervisorFlags, ...own, '--stack-dir', dir, '--controller', 'none'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', out, out] });
  closeSync(out);
  return child;
}

async function end(link: FullLink, paths: StatePaths, child: ChildProcess): Promise<void> {
  await link.request({ kind: 'down', actor: 'test' }).catch(() => null);
  link.stop();
  await poll('the supervisor ends', () => child.exitCode !== null).catch(() => null);
  child.kill('SIGKILL');
  await poll('nothing is left', () => {
    const left = [...listRunTokens(listProcesses())].filter(([, token]) =>
      token.startsWith(paths.hash.slice(0, 8)),
    );
    for (const [pid] of left) if (pid !== process.pid) tryKill(pid);
    return left.length === 0;
  });
  rmSync(paths.stackDir, { recursive: true, force: true });
  rmSync(paths.runtimeDir, { recursive: true, force: true });
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}

/** Looks again every 10 ms. @throws after 10 s */
export async function poll(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new TypeError(`not within 10 s: ${what}`);
    const tick = Promise.withResolvers<void>();
    setTimeout(tick.resolve, 10);
    await tick.promise;
  }
}

/** A world without a supervisor, for what touches files only. */
export function stillWorld(
  paths: StatePaths,
  stack: Stack,
  fixed: Partial<ActionWorld> = {},
): ActionWorld {
  mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 });
  const link: SupervisorLink = {
    connected: () => true,
    stack: () => stack,
    instances: () => [],
    instance: () => null,
    request: () => Promise.resolve({ taken: false }),
    onNotice: () => () => undefined,
    onSnapshot: () => () => undefined,
  };
  return {
    link,
    paths,
    deeds: openDeeds(paths.stateDir),
    kept: openKeptBytes(paths.stateDir),
    ledger: null,
    logs: null,
    health: null,
    env: {},
    nowMs: Date.now,
    ...fixed,
  };
}

/** A service that lives until it is told to end. */
export function sleeper(name: string, fields: Partial<Service> = {}): Service {
  return aService(name, {
    command: ['/bin/sh', '-c', 'while :; do sleep 0.1; done'],
    stopGraceMs: 500,
    ...fields,
  });
}

/** Good versions by path, as the file ledger would know them. */
export function watchedFiles(
  service: string,
  good: ReadonlyMap<string, string | null>,
): WatchedFiles {
  return {
    watched: () => [...good.keys()].map((path) => ({ path, service, secret: false })),
    goodVersion(path) {
      const text = good.get(path) ?? null;
      if (text === null) return null;
      return { hash: hashOf(text), bytes: Buffer.from(text) };
    },
  };
}

export function write(path: string, text: string, mode = 0o644): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
  return path;
}

/** What a health part remembers of silences, and nothing else. */
export function memoryHealth(): HealthPart {
  const silences = new Map<string, Silence>();
  return {
    ...nullParts().health,
    silence: (silence) => void silences.set(`${silence.service}/${silence.check}`, silence),
    unsilence: (service, check) => void silences.delete(`${service}/${check}`),
    silences: () => [...silences.values()],
  };
}

type Still = Omit<Stage, 'world' | 'end'> &
  Readonly<{ services: readonly Service[]; world?: Partial<ActionWorld> }>;

/** A stage of files only: no supervisor, no process. */
export function stillStage(
  build: (
    place: Readonly<{
      dir: string;
      service: (name: string, fields?: Partial<Service>) => Service;
      check: HealthCheck;
    }>,
  ) => Still,
): Stage {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'fettle-still-')));
  const service = (name: string, fields: Partial<Service> = {}): Service =>
    aService(name, { workingDir: dir, ...fields });
  const { services, world = {}, ...rest } = build({ dir, service, check: aCheck });
  const stack = aStack(services, { dir });
  const built = stillWorld(statePaths(dir, {}), stack, world);
  return { ...rest, world: built, end: () => rmSync(dir, { recursive: true, force: true }) };
}

const aCheck: HealthCheck = {
  name: 'health',
  role: 'both',
  probe: { kind: 'tcp', host: null, port: null },
  intervalMs: 1_000,
  timeoutMs: 500,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 0,
  startIntervalMs: 0,
  required: true,
  attest: true,
};
