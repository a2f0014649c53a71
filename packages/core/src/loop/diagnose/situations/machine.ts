/** Situations of disks, memory, processors and traffic. */
import { checkDown, ends, explained, loops, of, says, series, shows } from '../situation.kit.ts';
import { examined, mount, process } from '../situation-exam.kit.ts';
import { nowMs, stackOf, type ServiceSketch, type Story } from '../situation-stack.kit.ts';
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
  {
    title: 'one thread burns a core and requests wait',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'cpu', (ago) => (ago < 2 ? 0.99 : 0.1)),
        (s) => series(s, 'intake', 'request_p95_ms', (ago) => (ago < 2 ? 900 : 30)),
        (s) =>
          shows(s, 'intake', 'anomaly', { key: 'anomaly:intake:request_p95_ms', agoMs: 100_000 }),
        (s) =>
          examined(s, 'intake', {
            processes: [process('intake', { cpu: 0.98, busyThreads: 1, state: 'R' })],
          }),
      ),
    is: 'cpu_own_hot_loop',
    at: 'intake',
    not: ['cpu_own_threads', 'event_loop_block', 'cpu_noisy_neighbour'],
  },
  {
    title: 'several threads burn and requests wait',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'cpu', (ago) => (ago < 2 ? 3.6 : 0.2)),
        (s) => series(s, 'intake', 'request_p95_ms', (ago) => (ago < 2 ? 900 : 30)),
        (s) =>
          shows(s, 'intake', 'anomaly', { key: 'anomaly:intake:request_p95_ms', agoMs: 100_000 }),
        (s) =>
          examined(s, 'intake', {
            processes: [process('intake', { cpu: 3.6, busyThreads: 4, state: 'R' })],
          }),
      ),
    is: 'cpu_own_threads',
    at: 'intake',
    not: ['cpu_own_hot_loop', 'cpu_noisy_neighbour'],
  },
  {
    title: 'somebody outside takes the processor',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, '@host', 'psi_cpu', (ago) => (ago < 2 ? 0.7 : 0.02)),
        (s) => series(s, '@host', 'load_per_core', (ago) => (ago < 2 ? 4 : 0.3)),
        (s) => series(s, 'intake', 'cpu', () => 0.1),
        (s) => series(s, 'intake', 'request_p95_ms', (ago) => (ago < 2 ? 400 : 30)),
        (s) =>
          shows(s, 'intake', 'anomaly', { key: 'anomaly:intake:request_p95_ms', agoMs: 100_000 }),
        (s) => shows(s, '@host', 'threshold', { severity: 'warn', agoMs: 105_000 }),
        (s) =>
          examined(s, 'intake', {
            processes: [
              process('intake'),
              process('intake', { pid: 9_911, command: 'stress', ours: false, cpu: 2 }),
            ],
          }),
      ),
    is: 'cpu_noisy_neighbour',
    at: '@host',
    not: ['cpu_own_hot_loop', 'db_slow'],
    params: { pid: 9_911 },
  },
  {
    title: 'a job of the stack takes the processor from others',
    tell: () =>
      story(
        stackOf({ ...plain, night: { kind: 'job' } }),
        (s) => series(s, '@host', 'psi_cpu', () => 0.6),
        (s) => series(s, 'night', 'cpu', () => 1.9),
        (s) => series(s, 'intake', 'cpu', () => 0.1),
        (s) => series(s, 'intake', 'probe_ms', (ago) => (ago < 2 ? 600 : 9)),
        (s) => shows(s, 'intake', 'anomaly', { key: 'anomaly:intake:probe_ms', agoMs: 100_000 }),
      ),
    is: 'cpu_noisy_neighbour',
    at: 'night',
    not: ['cpu_own_hot_loop'],
  },
  {
    title: 'all clients come back at once',
    tell: () =>
      story(
        stackOf({ push: { port: 6_400, checks: ['ws'] } }),
        (s) =>
          says(s, 'push', 'websocket client connected 1', {
            times: 20,
            everyMs: 120_000,
            agoMs: 3_000_000,
          }),
        (s) =>
          says(s, 'push', 'websocket client connected 1', {
            times: 600,
            everyMs: 80,
            agoMs: 50_000,
          }),
        (s) => checkDown(s, 'push', 'no answer in 2s', { agoMs: 40_000 }),
        (s) => series(s, 'push', 'connections_in', (ago) => (ago < 1 ? 900 : 100)),
      ),
    is: 'ws_reconnect_herd',
    at: 'push',
    not: ['hang', 'overload_retry_storm'],
  },
  {
    title: 'retries feed on themselves',
    tell: () =>
      story(
        stackOf({ core: { port: 6_500 }, edge: { port: 6_600, needs: ['core'] } }),
        (s) => series(s, 'core', 'requests_per_s', (ago) => (ago < 3 ? 400 : 60)),
        (s) => series(s, 'core', 'request_p95_ms', (ago) => (ago < 3 ? 2_500 : 40)),
        (s) => series(s, 'core', 'error_ratio', (ago) => (ago < 3 ? 0.3 : 0.001)),
        (s) => says(s, 'edge', 'retrying request to core, attempt 3 of 5', { times: 40 }),
        (s) => shows(s, 'core', 'anomaly', { key: 'anomaly:core:request_p95_ms', agoMs: 120_000 }),
        (s) => shows(s, 'edge', 'errors', { agoMs: 110_000 }),
      ),
    is: 'overload_retry_storm',
    at: 'core',
    not: ['gray_failure', 'hang', 'cpu_own_hot_loop'],
  },
  {
    title: 'a heap that rises and is collected is no leak',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'rss_bytes', (ago) => 1.5e8 + ((120 - ago) % 15) * 6e6),
        (s) => shows(s, 'intake', 'anomaly', { key: 'anomaly:intake:rss_bytes', severity: 'warn' }),
      ),
    is: null,
  },
  {
    title: 'twice the traffic at the usual speed',
    tell: () =>
      story(
        stackOf(plain),
        (s) => series(s, 'intake', 'requests_per_s', (ago) => (ago < 5 ? 120 : 60)),
        (s) => series(s, 'intake', 'request_p95_ms', () => 30),
        (s) => series(s, 'intake', 'error_ratio', () => 0),
        (s) => series(s, 'intake', 'cpu', (ago) => (ago < 5 ? 0.8 : 0.4)),
        (s) =>
          shows(s, 'intake', 'anomaly', {
            key: 'anomaly:intake:requests_per_s',
            severity: 'warn',
            agoMs: 200_000,
          }),
      ),
    is: null,
  },
  {
    title: 'a batch job at a whole core while all is quick',
    tell: () =>
      story(
        stackOf({ ...plain, night: { kind: 'job' } }),
        (s) => series(s, 'night', 'cpu', () => 1),
        (s) => series(s, 'intake', 'request_p95_ms', () => 30),
        (s) => shows(s, 'night', 'threshold', { key: 'threshold:night:cpu', severity: 'warn' }),
        (s) =>
          examined(s, 'night', {
            processes: [process('night', { cpu: 1, busyThreads: 1, state: 'R' })],
          }),
      ),
    is: null,
  },
  {
    title: 'a worker at a whole core with nobody waiting',
    tell: () =>
      story(
        stackOf({ cruncher: { kind: 'worker' } }),
        (s) => series(s, 'cruncher', 'cpu', (ago) => (ago < 5 ? 1 : 0.2)),
        (s) => shows(s, 'cruncher', 'anomaly', { key: 'anomaly:cruncher:cpu', severity: 'warn' }),
      ),
    is: null,
  },
  {
    title: 'a new line in the log and nothing else',
    tell: () =>
      story(
        stackOf(plain),
        (s) => says(s, 'intake', 'error: thumbnail 12 looks odd'),
        (s) => shows(s, 'intake', 'template-new', { severity: 'warn' }),
      ),
    is: null,
  },
  {
    title: 'memory errors long over and a dead check now',
    tell: () =>
      story(
        stackOf(plain),
        (s) => says(s, 'intake', 'MemoryError', { agoMs: 3_000_000, times: 2 }),
        (s) => checkDown(s, 'intake', 'no answer in 2s', { as: 'hang' }),
        (s) => examined(s, 'intake'),
        (s) => {
          of(s, 'intake').whys.push({
            atMs: nowMs - 3_000_000,
            why: {
              sentence: 'out of memory',
              cause: 'memory-error',
              confidence: 0.96,
              evidence: [],
            },
          });
        },
      ),
    is: 'hang',
    at: 'intake',
    not: ['heap_exhausted'],
  },
  {
    title: 'out of memory as why has it',
    tell: () =>
      story(
        stackOf(plain),
        (s) => ends(s, 'intake', { signal: 'SIGABRT', code: 134 }),
        (s) =>
          explained(s, 'intake', 'heap-limit', {
            line: 'FATAL ERROR: Reached heap limit Allocation failed',
          }),
      ),
    is: 'heap_exhausted',
    at: 'intake',
    not: ['crash', 'oom_killed'],
  },
];
