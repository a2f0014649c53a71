/** Situations of processors and traffic, and what looks like trouble and is none. */
import { checkDown, ends, explained, of, says, series, shows } from '../situation.kit.ts';
import { endpoint, examined, process } from '../situation-exam.kit.ts';
import { nowMs, stackOf, type ServiceSketch } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const plain: Readonly<Record<string, ServiceSketch>> = {
  intake: { port: 6_100, memoryBytes: 400_000_000, openFiles: 1_024 },
  press: { port: 6_200 },
};
export const loadSituations: readonly SituationCase[] = [
  {
    title: 'its pool is used up: who asked it gave up, and it was ended for its silence',
    tell: () =>
      story(
        stackOf({
          store: { kind: 'database', port: 6_300 },
          desk: { port: 6_400, needs: ['store'] },
        }),
        (s) =>
          says(s, 'desk', 'ERROR waited 1000ms for a free connection: pool timeout', { times: 9 }),
        (s) => says(s, 'desk', 'BrokenPipeError: [Errno 32] Broken pipe', { times: 4 }),
        (s) => ends(s, 'desk', { signal: 'SIGKILL', endedBy: 'hang', agoMs: 3_000 }),
        (s) => shows(s, 'desk', 'hang'),
        (s) =>
          explained(s, 'desk', 'connection-reset', {
            line: 'BrokenPipeError: [Errno 32] Broken pipe',
          }),
        (s) => examined(s, 'desk', { endpoints: [endpoint('store', 6_300)] }),
      ),
    is: 'pool_leak',
    at: 'desk',
    not: ['link_resets', 'hang'],
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
    title: 'killed for its memory minutes ago and mended; now it burns a core',
    tell: () =>
      story(
        stackOf(plain),
        (s) =>
          void of(s, 'intake').ends.push({
            atMs: nowMs - 150_000,
            instance: 'intake.1',
            token: 'e1-7',
            code: 137,
            posixSignal: 'SIGKILL',
            endedBy: 'memory-limit',
            ranMs: 5e6,
          }),
        (s) => explained(s, 'intake', 'memory-limit', { agoMs: 150_000 }),
        (s) => void (of(s, 'intake').why = null),
        (s) => series(s, 'intake', 'cpu', (ago) => (ago < 0.8 ? 0.97 : 0.1)),
        (s) => series(s, 'intake', 'probe_ms', (ago) => (ago < 0.8 ? 300 : 4)),
        (s) => shows(s, 'intake', 'threshold', { key: 'threshold:intake:cpu', agoMs: 40_000 }),
      ),
    is: 'cpu_own_hot_loop',
    at: 'intake',
    not: ['oom_killed'],
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
        (s) => series(s, '@host', 'psi_cpu', (ago) => (ago < 2 ? 0.6 : 0.05)),
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
    title: 'its pool is empty: who is turned away asks again, and the database idles',
    tell: () =>
      story(
        stackOf({
          store: { kind: 'database', port: 6_300 },
          desk: { port: 6_400, needs: ['store'] },
        }),
        (s) => series(s, 'desk', 'requests_per_s', (ago) => (ago < 1 ? 40 : 6)),
        (s) => series(s, 'desk', 'request_p95_ms', (ago) => (ago < 1 ? 600 : 4)),
        (s) => says(s, 'desk', 'ERROR pool acquire timeout (600 ms, pool size 3)', { times: 21 }),
        (s) => checkDown(s, 'desk', 'HTTP 503: storage unavailable'),
        (s) =>
          examined(s, 'desk', {
            endpoints: [
              endpoint('store', 6_300, {
                topClient: { service: 'desk', pid: 77, connections: 3 },
              }),
            ],
          }),
      ),
    is: 'pool_leak',
    at: 'desk',
    not: ['overload_retry_storm'],
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
