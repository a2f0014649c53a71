import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, test } from 'vitest';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Service } from '@fettle/core/stack/service';
import { readProcessStat } from '@fettle/proc/process-stat';
import { connectSupervisor, type PushedNotice } from '@fettle/sdk/daemon/supervisor-client';
import { poll, service, type TestDaemon, testDaemon } from './daemon.ts';
import { killRounds } from './kill-rounds.ts';
import { endTrees } from './trees.ts';

let open: TestDaemon[] = [];
afterEach(async () => {
  for (const daemon of open) await daemon.end();
  open = [];
});

const sh = (text: string): readonly string[] => ['/bin/sh', '-c', text];
const isUp = (views: readonly InstanceView[]): boolean =>
  views.length > 0 && views.every(({ pid }) => pid !== null);

const isGone = ({ pid }: InstanceView): boolean => readProcessStat(pid ?? 0) === null;

/** A supervisor that is expected to end at once. */
function runMain(dir: string): Readonly<{ status: number | null; stderr: string }> {
  const entry = '../../packages/supervisor/dist/main.js';
  const main = fileURLToPath(new URL(entry, import.meta.url));
  const args = [main, '--stack-dir', dir, '--controller', 'none'];
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 10_000 });
}

async function running(services: readonly Service[], controller?: string): Promise<TestDaemon> {
  const daemon = testDaemon(controller);
  open.push(daemon);
  await daemon.start();
  await daemon.apply(services);
  return daemon;
}

const spoolOf = (view: InstanceView | undefined): string => readFileSync(view?.spool ?? '', 'utf8');

describe('a killed supervisor', () => {
  test('is no matter to services: the next one adopts them by the same pids', async () => {
    const daemon = await running([service('a'), service('b', { replicas: 2 })]);
    const before = await daemon.until('up', isUp);
    await daemon.kill();
    await daemon.start();
    const after = await daemon.instances();
    deepEqual(
      after.map(({ instance, pid, state, restarts }) => [instance, pid, state, restarts]),
      before.map(({ instance, pid }) => [instance, pid, 'running', 0]),
    );
  });

  test('leaves exit codes to its successor: jobs are done or failed, services are back', async () => {
    const gate = join(mkdtempSync(join(tmpdir(), 'fettle-gate-')), 'open');
    const job = { oneShot: true, restart: 'no' } as const;
    const until = `while [ ! -e ${gate} ]; do sleep 0.02; done`;
    const daemon = await running([
      service('good', { ...job, command: sh(`${until}; exit 0`) }),
      service('bad', { ...job, command: sh(`${until}; exit 9`) }),
      service('crashed', { command: sh(`[ -e ${gate} ] && exec sleep 100; ${until}; exit 5`) }),
      service('quit', { restart: 'on-failure', command: sh(`${until}; exit 0`) }),
    ]);
    const before = await daemon.until('up', isUp);
    await daemon.kill();
    writeFileSync(gate, '');
    await poll('all ended', 5_000, () => (before.every(isGone) ? true : null));
    await daemon.start();
    const views = await daemon.until('back', (all) =>
      all.every(({ service: name, pid }) => name !== 'crashed' || pid !== null),
    );
    const facts = views.map((view) => [view.service, view.state, view.lastExit?.code]);
    deepEqual(facts, [
      ['good', 'done', 0],
      ['bad', 'failed', 9],
      ['crashed', 'running', 5],
      ['quit', 'done', 0],
    ]);
  });

  test('and its torn run log lose nobody', async () => {
    const daemon = await running([service('a')]);
    const [before] = await daemon.until('up', isUp);
    await daemon.kill();
    appendFileSync(daemon.paths.runLog, '{"kind":"ended","token":"');
    await daemon.start();
    equal((await daemon.instances())[0]?.pid, before?.pid);
  });

  test('whose run log is gone altogether is succeeded all the same', async () => {
    const daemon = await running([service('a')]);
    const [before] = await daemon.until('up', isUp);
    await daemon.kill();
    writeFileSync(daemon.paths.runLog, '');
    await daemon.start();
    const [after] = await daemon.instances();
    deepEqual([after?.pid, after?.state], [before?.pid, 'running']);
  });

  test('and 12 more at random moments, with the controller: nothing lost or doubled', async () => {
    const report = await killRounds({ rounds: 12, steady: 15, jobs: 8, seed: 42 });
    deepEqual(report.violations, []);
    equal(report.adopted, 12 * 15);
    equal(report.leftAfterDown, 0);
  });

  test('by SIGTERM leaves the services, too', async () => {
    const daemon = await running([service('a')]);
    const [before] = await daemon.until('up', isUp);
    process.kill(daemon.pid(), 'SIGHUP');
    await daemon.info();
    process.kill(daemon.pid(), 'SIGTERM');
    await daemon.kill();
    await poll('lock is free', 5_000, () => daemon.start().catch(() => null));
    equal((await daemon.instances())[0]?.pid, before?.pid);
  });
});

describe('a daemon', () => {
  test('is alone: a second one for the stack is refused and disturbs nobody', async () => {
    const daemon = await running([service('a')]);
    const [before] = await daemon.until('up', isUp);
    const { status, stderr } = runMain(daemon.dir);
    equal(status, 3);
    match(stderr, /E-DAEMON-RUNNING/);
    equal((await daemon.instances())[0]?.pid, before?.pid);
  });

  test('refuses a state folder of another host', async () => {
    const daemon = testDaemon();
    open.push(daemon);
    mkdirSync(daemon.paths.stateDir);
    const other = { machineId: 'other', hostname: 'elsewhere' };
    writeFileSync(daemon.paths.hostFile, JSON.stringify(other));
    await daemon.start().then(
      () => ok(false, 'it started'),
      (error: Error) => match(error.message, /E-STATE-HOST.*elsewhere|elsewhere.*E-STATE-HOST/),
    );
  });

  test('says that a state folder cannot be written', () => {
    const { status, stderr } = runMain('/proc');
    equal(status, 1);
    match(stderr, /E-STATE-READONLY/);
  });

  test('ends with `down`: services, controller, socket and daemon.json are gone', async () => {
    const standIn = fileURLToPath(new URL('stand-in-controller.mjs', import.meta.url));
    const daemon = await running([service('a')], standIn);
    await daemon.until('up', isUp);
    const file = JSON.parse(readFileSync(daemon.paths.daemonFile, 'utf8')) as Record<
      string,
      unknown
    >;
    equal(file['supervisorPid'], daemon.pid());
    equal(file['controllerPid'], (await daemon.info()).controllerPid);
    await daemon.client().request({ kind: 'down', actor: 'test' });
    const gone = () => (existsSync(daemon.paths.daemonFile) ? null : true);
    await poll('daemon.json is gone', 10_000, gone);
    equal(await daemon.end(), 0);
    equal(existsSync(daemon.paths.supervisorSocket), false);
  });

  test('takes each request once by its key, also across a kill', async () => {
    const daemon = await running([service('a')]);
    await daemon.until('up', isUp);
    const body = { kind: 'command', command: 'restart', services: ['a'], actor: 'test' };
    deepEqual(await daemon.client().request(body, { key: 'k1' }), { repeated: false });
    deepEqual(await daemon.client().request(body, { key: 'k1' }), { repeated: true });
    await daemon.kill();
    await daemon.start();
    deepEqual(await daemon.client().request(body, { key: 'k1' }), { repeated: true });
  });

  test('refuses services and numbers that the stack does not have', async () => {
    const daemon = await running([service('a')]);
    const codeOf = (body: Record<string, unknown> & { kind: string }): Promise<string> =>
      daemon
        .client()
        .request(body)
        .then(
          () => 'taken',
          (error: { code: string }) => error.code,
        );
    const command = { kind: 'command', command: 'stop', services: ['nobody'], actor: 'test' };
    equal(await codeOf(command), 'E-SERVICE-UNKNOWN');
    const scale = { kind: 'scale', service: 'a', replicas: 99, actor: 'test' };
    equal(await codeOf(scale), 'E-SCALE-RANGE');
    equal(await codeOf({ kind: 'dance' }), 'E-REQUEST-UNKNOWN');
  });

  test('lets a client take up the notices where it left off', async () => {
    const daemon = await running([service('a')]);
    await daemon.until('up', isUp);
    const socketPath = (): string => daemon.paths.supervisorSocket;
    const first = await connectSupervisor({ socketPath, client: 'first' });
    const position = first.position();
    first.close();
    ok(position !== null);
    const body = { kind: 'command', command: 'stop', services: ['a'], actor: 'test' };
    await daemon.client().request(body);
    await daemon.until('stopped', ([view]) => view?.state === 'stopped');
    const heard: PushedNotice[] = [];
    let snapshots = 0;
    const second = await connectSupervisor({
      socketPath,
      client: 'second',
      resume: position,
      onPush: (push) => heard.push(push),
      onSnapshot: () => {
        snapshots += 1;
      },
    });
    await second.request({ kind: 'info' });
    equal(heard[0]?.seq, position.seq + 1);
    equal(snapshots, 0);
    second.close();
  });
});

describe('a service', () => {
  test('that was stopped with SIGSTOP is continued', async () => {
    const daemon = await running([service('a')]);
    const [view] = await daemon.until('up', isUp);
    process.kill(view?.pid ?? 0, 'SIGSTOP');
    const isStopped = () => (readProcessStat(view?.pid ?? 0)?.state === 'T' ? true : null);
    await poll('stopped', 2_000, isStopped);
    await poll('continued', 4_000, () => (isStopped() ? null : true));
    equal((await daemon.instances())[0]?.restarts, 0);
  });

  test('whose shim was killed with it comes back, its exit unknown', async () => {
    const daemon = await running([service('a')]);
    const [view] = await daemon.until('up', isUp);
    process.kill(-(view?.shimPid ?? 0), 'SIGKILL');
    const isBack = ([now]: readonly InstanceView[]): boolean =>
      now?.pid !== null && now?.pid !== view?.pid;
    const [after] = await daemon.until('back', isBack);
    equal(after?.lastExit?.kind, 'unknown');
  });

  test('gets another port when a stranger holds its own, and the stranger is named', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const preferred = [{ from: port, to: port }];
    const command = sh('echo "port $PORT"; exec sleep 100');
    const request = { preferred, host: '127.0.0.1', fallback: true };
    const daemon = await running([service('a', { command, port: request })]);
    const [view] = await daemon.until('up', isUp);
    server.close();
    ok(view?.port?.port !== port);
    equal(view?.portTrouble?.port, port);
    equal(view?.portTrouble?.owner.pid, process.pid);
    equal(view?.portTrouble?.owner.kind, 'foreign');
    const printed = () => (spoolOf(view).includes(`port ${view?.port?.port}\n`) ? true : null);
    await poll('PORT arrives', 2_000, printed);
  });

  test('keeps what it printed before and after a crash in one spool per run', async () => {
    const command = sh('echo "run $FETTLE_RUN"; [ -e gone ] && exec sleep 100; : >gone; exit 3');
    const workingDir = mkdtempSync(join(tmpdir(), 'fettle-work-'));
    const daemon = await running([service('a', { command, workingDir })]);
    const [view] = await daemon.until('back', ([now]) => now?.restarts === 1 && now.pid !== null);
    equal(view?.lastExit?.code, 3);
    const last = join(daemon.paths.logsDir, 'a.1', `${view?.lastToken}.log`);
    equal(readFileSync(last, 'utf8'), `run ${view?.lastToken}\n`);
  });

  test('that cannot be started says why', async () => {
    const daemon = await running([service('a', { command: ['no-such-program'] })]);
    const [view] = await daemon.until('failed', ([now]) => now?.spawnError !== null);
    deepEqual(view?.spawnError, {
      code: 'ENOENT',
      message: 'no-such-program is not on the PATH',
    });
  });

  test('has its templates rendered before it starts', async () => {
    const workingDir = mkdtempSync(join(tmpdir(), 'fettle-work-'));
    writeFileSync(join(workingDir, 'in.conf'), 'name ${NAME}; level ${LEVEL:-info};\n');
    const daemon = await running([
      service('a', {
        workingDir,
        command: sh('cat out/app.conf; exec sleep 100'),
        environment: { NAME: 'shop' },
        templates: [{ from: 'in.conf', to: 'out/app.conf' }],
      }),
    ]);
    const [view] = await daemon.until('up', isUp);
    const text = 'name shop; level info;\n';
    await poll('rendered', 2_000, () => (spoolOf(view) === text ? true : null));
  });

  test('beyond its memory limit is restarted', async () => {
    const limits = { memoryBytes: 40_000_000, cpus: null, openFiles: null, processes: null };
    const text = 'const b=Buffer.alloc(90e6,1);setInterval(()=>b[0],1000)';
    const daemon = await running([
      service('a', { command: [process.execPath, '-e', text], limits, stopGraceMs: 500 }),
    ]);
    const [view] = await daemon.until('restarted', ([now]) => (now?.restarts ?? 0) > 0, 15_000);
    // By the kernel where it holds the limit, else by us.
    const { endedBy = null, outOfMemory = false } = view?.lastExit ?? {};
    ok(endedBy === 'memory-limit' || outOfMemory, JSON.stringify(view));
    equal(view?.startReason, 'memory-limit');
  });
});

test('of 10 trees, some in sessions of their own, nothing is left after crash or stop', async () => {
  const report = await endTrees(10);
  deepEqual([report.leftAfterCrash, report.leftAfterStop], [0, 0]);
});

const mayMount = process.getuid?.() === 0 && spawnSync('mount', ['--help']).status === 0;
test.skipIf(!mayMount)('with a full disk (tmpfs, needs root) supervision goes on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-full-'));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir]);
  if (mount.status !== 0) return;
  const daemon = testDaemon('none', dir);
  try {
    await daemon.start();
    const intensity = { count: 1_000, periodMs: 1_000, backoff: { baseMs: 1, maxMs: 1 } };
    await daemon.apply([service('a', { intensity })]);
    await daemon.until('up', isUp);
    spawnSync('sh', ['-c', `cat /dev/zero >${join(dir, 'ballast')}`]);
    const crash = async (): Promise<boolean> => {
      const [before] = await daemon.until('up', isUp);
      process.kill(before?.pid ?? 0, 'SIGKILL');
      const isBack = ([view]: readonly InstanceView[]): boolean =>
        view !== undefined && view.restarts > (before?.restarts ?? 0) && view.pid !== null;
      const [after] = await daemon.until('back', isBack);
      equal(after?.lastExit?.code, 137);
      return (await daemon.info()).runLogDurable;
    };
    // The last page of the log has room for a few more lines.
    await poll('the log is full', 30_000, async () => ((await crash()) ? null : true));
    spawnSync('rm', [join(dir, 'ballast')]);
    equal(await crash(), true);
  } finally {
    await daemon.end().catch(() => null);
    spawnSync('umount', ['-l', dir]);
  }
});
