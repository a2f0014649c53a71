/**
 * What is written where. The kernel's files are plain files here: a machine has one kind of control
 * groups, and e2e/limits shows with that kind that the kernel does what they say.
 */
import { mkdirSync, mkdtempSync, readFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { deepEqual, equal, match } from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import type { Limits } from '@fettle/core/stack/service';
import { createLimitGroups, type LimitGroups } from './limit-groups.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-groups-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const hash = '0123456789abcdef';
const all: Limits = { memoryBytes: 67_108_864, cpus: 0.5, openFiles: 99, processes: 20 };

function put(file: string, text = ''): void {
  mkdirSync(join(dir, file, '..'), { recursive: true });
  writeFileSync(join(dir, file), text);
}

function groups(mountinfo: string, cgroup: string, enabled = true): LimitGroups {
  const files: Record<string, string> = { 'self/mountinfo': mountinfo, 'self/cgroup': cgroup };
  return createLimitGroups({ hash, enabled, proc: (file) => files[file] ?? '' });
}

const v2Mount = (): string => `30 20 0:26 / ${dir} rw - cgroup2 cgroup2 rw\n`;

/** The kernel makes a group's files with its folder. */
function unified(controllers = 'cpu memory pids'): void {
  put('app.slice/cgroup.controllers', `${controllers}\n`);
  put('app.slice/cgroup.subtree_control', 'memory\n');
  put('app.slice/run-1.scope/cgroup.procs');
  for (const file of ['memory.max', 'memory.swap.max', 'memory.oom.group', 'cpu.max', 'pids.max'])
    put(`app.slice/fettle-01234567/t-1/${file}`);
}
const text = (file: string): string => readFileSync(join(dir, file), 'utf8');

test('v2: a group beside ours, with all three limits', () => {
  unified();
  const group = groups(v2Mount(), '0::/app.slice/run-1.scope\n').make('t-1', all);
  const folder = join(dir, 'app.slice/fettle-01234567/t-1');
  deepEqual(group.folders, [folder]);
  equal(group.oomFile, join(folder, 'memory.events'));
  deepEqual(
    group.held.map(({ limit, by }) => `${limit} ${by}`),
    ['memory cgroup v2', 'cpus cgroup v2', 'processes cgroup v2', 'open-files rlimit'],
  );
  equal(text('app.slice/fettle-01234567/t-1/memory.max'), '67108864');
  equal(text('app.slice/fettle-01234567/t-1/memory.swap.max'), '0');
  equal(text('app.slice/fettle-01234567/t-1/cpu.max'), '50000 100000');
  equal(text('app.slice/fettle-01234567/t-1/pids.max'), '20');
});

test('v2: a controller that is not delegated is watched, the others are held', () => {
  unified('memory pids');
  const { held } = groups(v2Mount(), '0::/app.slice/run-1.scope\n').make('t-1', all);
  const cpus = held.find(({ limit }) => limit === 'cpus');
  equal(cpus?.by, 'watched');
  match(cpus?.why ?? '', /app\.slice does not control cpu$/);
  equal(held.find(({ limit }) => limit === 'memory')?.by, 'cgroup v2');
});

test('v2: a unit that is not delegated is left to systemd', () => {
  unified();
  const { held, folders } = groups(v2Mount(), '0::/app.slice/web.service\n').make('t-1', all);
  deepEqual(folders, []);
  match(held[0]?.why ?? '', /^web\.service is not delegated/);
});

test('v1: a group in ours, in each hierarchy', () => {
  const lines = ['memory', 'cpu,cpuacct', 'pids'].map(
    (name, at) => `${at} 1 0:${at} / ${join(dir, name)} rw - cgroup cgroup rw,${name}`,
  );
  const cgroup = '4:memory:/mine\n3:cpu,cpuacct:/\n2:pids:/mine\n';
  for (const file of ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'])
    put(`memory/mine/fettle-01234567/t-1/${file}`);
  for (const file of ['cpu.cfs_period_us', 'cpu.cfs_quota_us'])
    put(`cpu,cpuacct/fettle-01234567/t-1/${file}`);
  put('pids/mine/fettle-01234567/t-1/pids.max');
  const group = groups(lines.join('\n'), cgroup).make('t-1', all);
  deepEqual(
    group.folders.map((folder) => folder.slice(dir.length)),
    [
      '/memory/mine/fettle-01234567/t-1',
      '/cpu,cpuacct/fettle-01234567/t-1',
      '/pids/mine/fettle-01234567/t-1',
    ],
  );
  equal(text('cpu,cpuacct/fettle-01234567/t-1/cpu.cfs_quota_us'), '50000');
  equal(text('memory/mine/fettle-01234567/t-1/memory.limit_in_bytes'), '67108864');
});

test('in a container the path is taken from where the mount begins', () => {
  unified();
  const mount = `30 20 0:26 /docker/c1 ${dir} rw - cgroup2 cgroup2 rw\n`;
  const { folders } = groups(mount, '0::/docker/c1/app.slice/run-1.scope\n').make('t-1', all);
  equal(folders.length, 1);
});

test('without control groups everything is watched, and nothing fails', () => {
  const { held, folders } = groups('', '').make('t-1', all);
  deepEqual(folders, []);
  deepEqual(held.map(({ by, why }) => [by, why]).slice(0, 1), [
    ['watched', 'this system has no control groups'],
  ]);
});

test('switched off, nothing is made', () => {
  unified();
  const { held } = groups(v2Mount(), '0::/app.slice/run-1.scope\n', false).make('t-2', all);
  equal(held[0]?.why, 'switched off by FETTLE_CGROUPS');
  equal(existsSync(join(dir, 'app.slice/fettle-01234567/t-2')), false);
});

test('a service without limits gets no group', () => {
  unified();
  const none = { memoryBytes: null, cpus: null, openFiles: null, processes: null };
  const group = groups(v2Mount(), '0::/app.slice/run-1.scope\n').make('t-2', none);
  deepEqual(group, { folders: [], oomFile: null, held: [] });
});

test('an adopted run tells by its own place who holds it', () => {
  unified();
  const files: Record<string, string> = {
    'self/mountinfo': v2Mount(),
    'self/cgroup': '0::/app.slice/other.scope\n',
    '77/cgroup': '0::/app.slice/fettle-01234567/t-1\n',
    '78/cgroup': '0::/app.slice/run-1.scope\n',
  };
  const own = createLimitGroups({ hash, enabled: true, proc: (file) => files[file] ?? '' });
  const by = (pid: number): readonly string[] =>
    own.adopt('t-1', pid, { ...all, cpus: null, processes: null }).map((one) => one.by);
  deepEqual(by(77), ['cgroup v2', 'rlimit']);
  deepEqual(by(78), ['watched', 'rlimit']);
  put('app.slice/fettle-01234567/t-1/cgroup.procs', '77\n79\n');
  deepEqual(own.pids('t-1'), [77, 79]);
});
