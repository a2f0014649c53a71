/** Situations of disks and memory. */
import { checkDown, ends, explained, loops, says, series, shows } from '../situation.kit.ts';
import { endpoint, examined, mount, process } from '../situation-exam.kit.ts';
import { stackOf, type ServiceSketch, type Story } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const plain: Readonly<Record<string, ServiceSketch>> = {
  intake: { port: 6_100, memoryBytes: 400_000_000, openFiles: 1_024 },
  press: { port: 6_200 },
};
const noSpace = (s: Story): void => {
  checkDown(s, 'intake', 'HTTP 500');
  says(s, 'intake', "OSError: [Errno 28] No space left on device: '/data/in.tmp'", { times: 4 });
};

export const machineSituations: readonly SituationCase[] = [
  {
    title: 'a disk without room, and a service that says so',
    tell: () =>
      story(
        stackOf(plain),
        noSpace,
        (s) => shows(s, '@disk:/data', 'disk', { agoMs: 30_000 }),
        (s) =>
          examined(s, 'intake', {
            mounts: [
              mount('/data', {
                usedRatio: 0.995,
                freeBytes: 1e6,
                reclaimable: { files: 40, bytes: 3e9 },
              }),
            ],
          }),
      ),
    is: 'disk_full',
    at: '@disk:/data',
    not: ['inode_exhaustion', 'deleted_open_file', 'log_flood'],
    params: { path: '/data' },
  },
  {
    title: 'a disk that fills and nobody suffers yet',
    tell: () =>
      story(
        stackOf(plain),
        (s) => shows(s, '@disk:/data', 'disk', { severity: 'warn' }),
        (s) => series(s, '@disk:/data', 'disk_used_ratio', () => 0.98),
      ),
    is: 'disk_full',
    at: '@disk:/data',
  },
  {
    title: 'room enough, and no inodes',
    tell: () =>
      story(stackOf(plain), noSpace, (s) =>
        examined(s, 'intake', { mounts: [mount('/data', { usedRatio: 0.3, inodesUsedRatio: 1 })] }),
      ),
    is: 'inode_exhaustion',
    at: '@disk:/data',
    not: ['disk_full', 'deleted_open_file'],
  },
  {
    title: 'deleted files that are still open hold the room',
    tell: () =>
      story(stackOf(plain), noSpace, (s) =>
        examined(s, 'intake', {
          mounts: [
            mount('/data', {
              usedRatio: 0.99,
              freeBytes: 1e7,
              deletedOpen: [{ service: 'press', pid: 31, bytes: 8e9 }],
            }),
          ],
        }),
      ),
    is: 'deleted_open_file',
    at: 'press',
    not: ['disk_full', 'inode_exhaustion'],
  },
  {
    title: 'a full disk that nobody fails for yet, seen through who works there',
    tell: () =>
      story(
        stackOf(plain),
        (s) => shows(s, '@disk:/srv/sketched', 'disk', { severity: 'error' }),
        (s) => series(s, '@disk:/srv/sketched', 'disk_used_ratio', () => 1),
        (s) =>
          examined(s, 'press', {
            mounts: [
              mount('/srv/sketched', {
                usedRatio: 1,
                freeBytes: 0,
                deletedOpen: [{ service: 'intake', pid: 31, bytes: 8e9 }],
              }),
            ],
          }),
      ),
    is: 'deleted_open_file',
    at: 'intake',
    not: ['disk_full'],
  },
  {
    title: 'deleted files hold the room, and their holder complains of it, too',
    tell: () =>
      story(
        stackOf(plain),
        noSpace,
        (s) => says(s, 'press', 'OSError: [Errno 28] No space left on device'),
        (s) => shows(s, '@disk:/data', 'disk', { severity: 'error' }),
        (s) => shows(s, 'press', 'disk', { key: 'disk:press:deleted-open', severity: 'warn' }),
        (s) => series(s, '@disk:/data', 'disk_used_ratio', () => 1),
        (s) =>
          examined(s, 'intake', {
            mounts: [
              mount('/data', {
                usedRatio: 1,
                freeBytes: 0,
                deletedOpen: [{ service: 'press', pid: 31, bytes: 8e6 }],
              }),
            ],
          }),
      ),
    is: 'deleted_open_file',
    at: 'press',
    not: ['disk_full'],
  },
  {
    title: 'a file system went read-only',
    tell: () =>
      story(
        stackOf(plain),
        (s) => checkDown(s, 'intake', 'HTTP 500'),
        (s) => says(s, 'intake', 'open /data/q: read-only file system', { times: 4 }),
        (s) => examined(s, 'intake', { mounts: [mount('/data', { readOnly: true })] }),
      ),
    is: 'readonly_fs',
    at: '@disk:/data',
    not: ['disk_full', 'bad_config'],
  },
  {
    title: 'one line floods the log',
    tell: () =>
      story(
        stackOf(plain),
        (s) =>
          says(s, 'intake', `WARN retry of chunk 12 failed ${'x'.repeat(120)}`, {
            times: 3_000,
            everyMs: 20,
            agoMs: 60_000,
          }),
        (s) => series(s, 'intake', 'log_bytes_per_s', (ago) => (ago < 1.5 ? 90_000 : 300)),
        (s) => shows(s, 'intake', 'template-surge', { severity: 'warn', agoMs: 60_000 }),
      ),
    is: 'log_flood',
    at: 'intake',
    not: ['disk_full', 'overload_retry_storm'],
  },
  {
    title: 'memory that only grows',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'rss_bytes', (ago) => 3.2e8 - ago * 2e6),
        (s) =>
          shows(s, 'intake', 'forecast', { key: 'forecast:intake:rss_bytes', severity: 'warn' }),
      ),
    is: 'mem_leak',
    at: 'intake',
    not: ['oom_killed', 'heap_exhausted'],
  },
  {
    title: 'memory that only grows, and its own port is another one by now',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'rss_bytes', (ago) => 3.2e8 - ago * 2e6),
        (s) =>
          shows(s, 'intake', 'forecast', { key: 'forecast:intake:rss_bytes', severity: 'warn' }),
        (s) =>
          examined(s, 'intake', {
            endpoints: [
              endpoint('intake', 6_099, { from: 'log', tcp: 'refused', listening: false }),
            ],
          }),
      ),
    is: 'mem_leak',
    at: 'intake',
    not: ['config_drift'],
  },
  {
    title: 'memory that only grows while the traffic drifts a little',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'press', 'rss_bytes', (ago) => 3.2e8 - ago * 2e6),
        (s) => series(s, 'press', 'requests_per_s', (ago) => 5 - ago * 0.005),
        (s) => shows(s, 'press', 'trend', { key: 'trend:press:rss_bytes', severity: 'warn' }),
      ),
    is: 'mem_leak',
    at: 'press',
  },
  {
    title: 'killed while it was small; the run before had been large',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'rss_bytes', (ago) => (ago < 0.5 ? 6e7 : 4.6e8)),
        (s) => ends(s, 'intake', { signal: 'SIGKILL', agoMs: 3_000, ranMs: 20_000 }),
        (s) => shows(s, 'intake', 'exit', { agoMs: 3_000 }),
      ),
    is: 'crash',
    at: 'intake',
    not: ['oom_killed'],
  },
  {
    title: 'killed at its memory limit by Fettle',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'rss_bytes', (ago) => (ago < 0.1 ? 5e7 : 3.9e8 - ago * 2e6)),
        (s) =>
          ends(s, 'intake', {
            code: 137,
            signal: 'SIGKILL',
            endedBy: 'memory-limit',
            agoMs: 5_000,
          }),
      ),
    is: 'oom_killed',
    at: 'intake',
    not: ['crash', 'mem_leak'],
  },
  {
    title: 'killed by SIGKILL close to its limit: the kernel, most likely',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'rss_bytes', (ago) => (ago < 0.1 ? 5e7 : 3.95e8)),
        (s) => ends(s, 'intake', { signal: 'SIGKILL', agoMs: 5_000 }),
        (s) => says(s, 'intake', 'kernel: Out of memory: Killed process 4411 (intake)'),
      ),
    is: 'oom_killed',
    at: 'intake',
    not: ['crash'],
  },
  {
    title: 'its own heap is used up (Java)',
    tell: () =>
      story(
        stackOf(plain),
        (s) => loops(s, 'intake', 3),
        (s) =>
          says(
            s,
            'intake',
            'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
            { times: 3 },
          ),
      ),
    is: 'heap_exhausted',
    at: 'intake',
    not: ['crash_loop', 'oom_killed', 'mem_leak'],
  },
  {
    title: 'handles that only grow',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'fds', (ago) => 950 - ago * 10),
        (s) => says(s, 'intake', 'accept4: too many open files', { times: 3 }),
        (s) => checkDown(s, 'intake', 'no answer in 2s'),
        (s) => examined(s, 'intake', { processes: [process('intake', { fds: 1_000 })] }),
      ),
    is: 'fd_leak',
    at: 'intake',
    not: ['hang', 'mem_leak'],
  },
  {
    title: 'spun for want of a handle, said so long before it was ended, and is well again',
    tell: () =>
      story(
        stackOf(plain),
        (s) => says(s, 'intake', 'INFO listening', { agoMs: 300_000 }),
        (s) => says(s, 'intake', 'accept4: too many open files', { times: 20, agoMs: 45_000 }),
        (s) => says(s, 'intake', 'accept4: too many open files', { times: 6, agoMs: 14_000 }),
        (s) => ends(s, 'intake', { signal: 'SIGKILL', endedBy: 'hang', agoMs: 3_000 }),
        (s) => shows(s, 'intake', 'hang'),
        (s) =>
          explained(s, 'intake', 'restarted', {
            agoMs: 2_000,
            seen: 'busy loop: 97 % of a core in pid 41 (node)',
          }),
        (s) => examined(s, 'intake', { processes: [process('intake', { cpu: 0 })] }),
      ),
    is: 'fd_leak',
    at: 'intake',
    not: ['event_loop_block', 'hang'],
  },
  {
    title: 'threads that only grow (Java)',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'threads', (ago) => 900 - ago * 6),
        (s) =>
          says(s, 'intake', 'java.lang.OutOfMemoryError: unable to create native thread', {
            times: 3,
          }),
        (s) => shows(s, 'intake', 'trend', { key: 'trend:intake:threads', severity: 'warn' }),
      ),
    is: 'thread_leak',
    at: 'intake',
    not: ['heap_exhausted', 'mem_leak'],
  },
];
