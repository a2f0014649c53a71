/** Situations in what a service needs: gone, silent, slow, locked, out of connections. */
import {
  checkDown,
  connects,
  ends,
  explained,
  gone,
  halted,
  inState,
  loops,
  of,
  says,
  series,
  shows,
} from '../situation.kit.ts';
import { endpoint, examined, process } from '../situation-exam.kit.ts';
import { stackOf, type ServiceSketch, type Story } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const chain: Readonly<Record<string, ServiceSketch>> = {
  ledger: { kind: 'database', port: 5_500 },
  orders: { port: 7_000, needs: ['ledger'] },
  stock: { port: 7_001, needs: ['ledger'] },
  shop: { port: 7_002, needs: ['orders', 'stock'] },
};
const dead = endpoint('ledger', 5_500, {
  tcp: 'refused',
  listening: false,
  answers: null,
  clients: 0,
});

/** All that need the database complain in their own language. */
function allRefused(s: Story): void {
  checkDown(s, 'orders', 'HTTP 503');
  checkDown(s, 'stock', 'HTTP 503', { agoMs: 9_000 });
  checkDown(s, 'shop', 'HTTP 502', { agoMs: 8_000 });
  says(s, 'orders', 'Error: connect ECONNREFUSED 127.0.0.1:5500', { times: 4 });
  says(s, 'stock', 'dial tcp 127.0.0.1:5500: connect: connection refused', { times: 4 });
  says(s, 'shop', 'upstream orders answered 503');
}

export const dependencySituations: readonly SituationCase[] = [
  {
    title: 'the database was stopped behind our back, three callers complain',
    tell: () =>
      story(
        stackOf(chain),
        (s) => gone(s, 'ledger', { signal: 'SIGTERM', code: 143 }),
        allRefused,
        (s) => examined(s, 'orders', { endpoints: [dead] }),
      ),
    is: 'db_down',
    at: 'ledger',
    not: ['crash', 'dependency_down', 'net_refused_policy'],
  },
  {
    title: 'a database that is not ours to run refuses',
    tell: () =>
      story(
        stackOf({
          ...chain,
          ledger: { kind: 'database', port: 5_500, external: true, checks: [] },
        }),
        (s) => checkDown(s, 'orders', 'HTTP 503'),
        (s) =>
          says(
            s,
            'orders',
            'psycopg.OperationalError: connection to server at "127.0.0.1", port 5500 failed: Connection refused',
            { times: 3 },
          ),
        (s) => examined(s, 'orders', { endpoints: [dead] }),
      ),
    is: 'db_down',
    at: 'ledger',
    not: ['config_drift', 'net_refused_policy'],
  },
  {
    title: 'the database is in state T',
    tell: () =>
      story(
        stackOf(chain),
        (s) => halted(s, 'ledger'),
        (s) => shows(s, 'ledger', 'stopped'),
        (s) => checkDown(s, 'orders', 'no answer in 2s', { as: 'hang' }),
        (s) => says(s, 'orders', 'TimeoutError: ResourceRequest timed out', { times: 4 }),
        (s) => examined(s, 'ledger', { processes: [process('ledger', { state: 'T', cpu: 0 })] }),
        (s) =>
          examined(s, 'orders', { endpoints: [endpoint('ledger', 5_500, { answers: false })] }),
      ),
    is: 'db_hung',
    at: 'ledger',
    not: ['hang', 'stopped', 'pool_leak'],
  },
  {
    title: 'the check of a database gets no answer, and nobody looked closer',
    tell: () =>
      story(
        stackOf(chain),
        (s) => checkDown(s, 'ledger', 'no answer in 2s', { as: 'hang' }),
        (s) => checkDown(s, 'orders', 'HTTP 503'),
      ),
    is: 'db_hung',
    at: 'ledger',
    not: ['hang', 'db_down'],
  },
  {
    title: 'the database accepts and does not answer; it has no check of its own',
    tell: () =>
      story(
        stackOf({ ...chain, ledger: { kind: 'database', port: 5_500, checks: [] } }),
        (s) => checkDown(s, 'orders', 'HTTP 503'),
        (s) => says(s, 'orders', 'asyncio.exceptions.TimeoutError', { times: 4 }),
        (s) => examined(s, 'ledger'),
        (s) =>
          examined(s, 'orders', { endpoints: [endpoint('ledger', 5_500, { answers: false })] }),
      ),
    is: 'db_hung',
    at: 'ledger',
    not: ['db_down', 'net_blackhole', 'db_slow'],
  },
  {
    title: 'all callers wait for a database that only a port check looks at',
    tell: () =>
      story(
        stackOf({ ...chain, ledger: { kind: 'database', port: 5_500, checks: ['tcp'] } }),
        (s) => series(s, 'ledger', 'cpu', () => 0.02),
        (s) => {
          for (const name of ['orders', 'stock']) {
            checkDown(s, name, 'HTTP 503');
            connects(s, name, 'ledger');
            says(s, name, 'storage error: query timed out after 1000ms', { times: 6 });
            const answers = null;
            examined(s, name, { endpoints: [endpoint('ledger', 5_500, { answers })] });
          }
        },
      ),
    is: 'db_hung',
    at: 'ledger',
    not: ['db_slow', 'pool_leak', 'hang', 'link_latency'],
  },
  {
    title: 'all callers wait, one is ended for it; the database still answers a stranger',
    tell: () =>
      story(
        stackOf({ ...chain, clerk: { kind: 'worker', needs: ['ledger'], checks: ['heartbeat'] } }),
        (s) => series(s, 'ledger', 'cpu', () => 0.02),
        (s) => ends(s, 'orders', { code: 137, signal: 'SIGKILL', endedBy: 'hang', agoMs: 9_000 }),
        (s) => shows(s, 'orders', 'hang', { agoMs: 14_000 }),
        (s) => checkDown(s, 'clerk', 'last ping 20s ago', { as: 'hang' }),
        (s) => says(s, 'orders', 'storage error: timed out', { times: 5 }),
        (s) => says(s, 'clerk', 'iteration error: timed out', { times: 9 }),
        (s) => says(s, 'stock', 'could not reach the database: timed out', { times: 9 }),
        (s) => shows(s, 'stock', 'anomaly', { key: 'anomaly:stock:error_ratio' }),
        (s) => {
          for (const name of ['orders', 'clerk', 'stock'])
            examined(s, name, { endpoints: [endpoint('ledger', 5_500)] });
        },
      ),
    is: 'db_hung',
    at: 'ledger',
    not: ['hang', 'worker_stuck', 'gray_failure', 'pool_leak'],
  },
  {
    title: 'the database answers slowly',
    tell: () =>
      story(
        stackOf(chain),
        (s) => series(s, 'ledger', 'probe_ms', (ago) => (ago < 2 ? 900 : 4)),
        (s) => series(s, 'orders', 'request_p95_ms', (ago) => (ago < 2 ? 1_800 : 40)),
        (s) =>
          shows(s, 'orders', 'anomaly', {
            key: 'anomaly:orders:request_p95_ms',
            severity: 'warn',
            agoMs: 110_000,
          }),
        (s) => says(s, 'orders', 'slow query: 1840 ms', { times: 6 }),
        (s) => examined(s, 'orders', { endpoints: [endpoint('ledger', 5_500, { answerMs: 850 })] }),
      ),
    is: 'db_slow',
    at: 'ledger',
    not: ['db_hung', 'pool_leak', 'link_latency'],
  },
  {
    title: 'one session holds a lock (Java)',
    tell: () =>
      story(
        stackOf(chain),
        (s) => checkDown(s, 'orders', 'HTTP 500'),
        (s) =>
          says(
            s,
            'orders',
            'com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException: Lock wait timeout exceeded; try restarting transaction',
            { times: 5 },
          ),
        (s) => examined(s, 'orders', { endpoints: [endpoint('ledger', 5_500)] }),
      ),
    is: 'db_lock_contention',
    at: 'ledger',
    not: ['db_slow', 'db_hung', 'pool_leak'],
  },
  {
    title: 'connections are taken and not given back',
    tell: () =>
      story(
        stackOf(chain),
        (s) => checkDown(s, 'orders', 'HTTP 503'),
        (s) =>
          says(
            s,
            'orders',
            'sqlalchemy.exc.TimeoutError: QueuePool limit of size 10 overflow 0 reached, connection timed out, timeout 5.00',
            { times: 5 },
          ),
        (s) => connects(s, 'orders', 'ledger', { established: 10 }),
        (s) =>
          examined(s, 'orders', {
            endpoints: [
              endpoint('ledger', 5_500, {
                clients: 12,
                topClient: { service: 'orders', pid: 77, connections: 10 },
              }),
            ],
          }),
      ),
    is: 'pool_leak',
    at: 'orders',
    not: ['db_slow', 'db_max_connections', 'db_hung'],
  },
  {
    title: 'a stranger holds all the connections, and the handles of the database with them',
    tell: () =>
      story(
        stackOf(chain),
        (s) => says(s, 'orders', 'FATAL: sorry, too many clients already', { times: 4 }),
        (s) => checkDown(s, 'orders', 'HTTP 503'),
        (s) => series(s, 'ledger', 'fds', (ago) => (ago < 1 ? 161 - 80 * ago : 81)),
        (s) => shows(s, 'ledger', 'threshold', { key: 'threshold:ledger:fds' }),
        (s) =>
          examined(s, 'ledger', { processes: [process('ledger', { fds: 161, fdLimit: 160 })] }),
        (s) =>
          examined(s, 'orders', {
            endpoints: [
              endpoint('ledger', 5_500, {
                clients: 39,
                topClient: { service: null, pid: 6_001, connections: 38 },
              }),
            ],
          }),
      ),
    is: 'db_max_connections',
    at: 'ledger',
    not: ['fd_leak'],
  },
  {
    title: 'a stranger holds all the connections',
    tell: () =>
      story(
        stackOf(chain),
        (s) => checkDown(s, 'orders', 'HTTP 503'),
        (s) => checkDown(s, 'stock', 'HTTP 503'),
        (s) => says(s, 'orders', 'FATAL: sorry, too many clients already', { times: 4 }),
        (s) => says(s, 'stock', 'pq: sorry, too many clients already', { times: 4 }),
        (s) =>
          examined(s, 'orders', {
            endpoints: [
              endpoint('ledger', 5_500, {
                clients: 99,
                topClient: { service: null, pid: 6_001, connections: 88 },
              }),
            ],
          }),
      ),
    is: 'db_max_connections',
    at: 'ledger',
    not: ['pool_leak', 'db_down', 'db_slow'],
    params: { pid: 6_001 },
    groups: 1,
  },
  {
    title: 'a service that others need does not come up; nothing tells why',
    tell: () =>
      story(
        stackOf(chain),
        (s) => inState(s, 'stock', 'backing-off'),
        (s) => checkDown(s, 'shop', 'HTTP 502'),
        (s) => says(s, 'shop', 'connect ECONNREFUSED 127.0.0.1:7001', { times: 3 }),
      ),
    is: 'dependency_down',
    at: 'stock',
    not: ['crash', 'config_drift'],
  },
  {
    title: 'a service outside of Fettle is gone',
    tell: () =>
      story(
        stackOf({
          rates: { port: 9_100, external: true, checks: [] },
          shop: { port: 7_002, needs: ['rates'] },
        }),
        (s) => checkDown(s, 'shop', 'HTTP 502'),
        (s) =>
          says(
            s,
            'shop',
            'Faraday::ConnectionFailed: Failed to open TCP connection to 127.0.0.1:9100 (Connection refused - connect(2))',
            { times: 3 },
          ),
        (s) =>
          examined(s, 'shop', {
            endpoints: [
              endpoint('rates', 9_100, { tcp: 'refused', listening: false, answers: null }),
            ],
          }),
      ),
    is: 'dependency_down',
    at: 'rates',
    not: ['config_drift', 'net_refused_policy'],
  },
  {
    title: 'a database that ends again and again is not merely down',
    tell: () =>
      story(
        stackOf(chain),
        (s) => loops(s, 'ledger', 5, { code: 1 }),
        (s) => explained(s, 'ledger', 'unhandled-exception', { confidence: 0.7 }),
        allRefused,
      ),
    is: 'crash_loop',
    at: 'ledger',
    not: ['db_down'],
  },
  {
    title: 'a database whose disk is full is not merely down',
    tell: () =>
      story(
        stackOf(chain),
        (s) => loops(s, 'ledger', 3, { code: 1 }),
        (s) =>
          says(
            s,
            'ledger',
            'PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device',
            { times: 3 },
          ),
        allRefused,
        (s) => shows(s, '@disk:/data', 'disk', { agoMs: 40_000 }),
        (s) => series(s, '@disk:/data', 'disk_used_ratio', () => 1),
      ),
    is: 'disk_full',
    at: '@disk:/data',
    not: ['db_down', 'crash_loop'],
  },
  {
    title: 'a caller that hangs because what it needs hangs',
    tell: () =>
      story(
        stackOf(chain),
        (s) => checkDown(s, 'shop', 'no answer in 2s', { as: 'hang', agoMs: 14_000 }),
        (s) => checkDown(s, 'stock', 'no answer in 2s', { as: 'hang', agoMs: 16_000 }),
        (s) => examined(s, 'stock'),
        (s) => examined(s, 'shop', { endpoints: [endpoint('stock', 7_001, { answers: false })] }),
        (s) => {
          of(s, 'shop').kind = 'service';
        },
      ),
    is: 'hang',
    at: 'stock',
    not: ['gray_failure'],
  },
  {
    title: 'an optional service outside of Fettle is away: those who use it do without',
    tell: () =>
      story(
        stackOf({
          weather: { port: 9_100, external: true, checks: [] },
          shop: { port: 7_002, needs: ['?weather'] },
        }),
        (s) =>
          shows(s, 'shop', 'anomaly', { key: 'anomaly:shop:error_lines_per_s', severity: 'warn' }),
        (s) =>
          says(s, 'shop', 'weather did not answer: connect ECONNREFUSED 127.0.0.1:9100', {
            times: 20,
          }),
        (s) =>
          examined(s, 'shop', {
            endpoints: [endpoint('weather', 9_100, { tcp: 'refused', listening: false })],
          }),
      ),
    is: null,
  },
];
