/** Situations of a link: both ends are well, and the way between them is not. */
import { changed, checkDown, connects, ends, of, says, series, shows } from '../situation.kit.ts';
import { endpoint, examined, owned } from '../situation-exam.kit.ts';
import { nowMs, stackOf, type ServiceSketch, type Story } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const pair: Readonly<Record<string, ServiceSketch>> = {
  geo: { port: 8_100 },
  maps: { port: 8_200, needs: ['geo'] },
  site: { port: 8_300, needs: ['maps'] },
};
/** Its callers reach the service through somebody on another port. */
const between = {
  pid: 555,
  command: 'haproxy -f /etc/haproxy.cfg',
  kind: 'foreign',
  instance: null,
  runningForMs: 8e6,
} as const;
const proxied: Readonly<Record<string, ServiceSketch>> = {
  geo: { port: 8_100 },
  maps: { port: 8_200, needs: ['geo'], environment: { GEO_URL: 'http://127.0.0.1:18100/v1' } },
};
const via = (more: Parameters<typeof endpoint>[2]) =>
  endpoint(null, 18_100, { from: 'config', owner: between, ...more });
const straight = endpoint('geo', 8_100, { owner: owned('geo'), connectMs: 1, answerMs: 6 });
const viaNobody = via({ tcp: 'refused', listening: false, owner: null, answers: null });

function suffers(s: Story): void {
  checkDown(s, 'maps', 'HTTP 504');
  connects(s, 'maps', { host: '127.0.0.1', port: 18_100 });
}

export const linkSituations: readonly SituationCase[] = [
  {
    title: 'slow through what stands between, quick when asked straight',
    tell: () =>
      story(
        stackOf(proxied),
        suffers,
        (s) =>
          says(
            s,
            'maps',
            "ReadTimeout: HTTPConnectionPool(host='127.0.0.1', port=18100): Read timed out.",
            { times: 4 },
          ),
        (s) => examined(s, 'maps', { endpoints: [straight, via({ answerMs: 700 })] }),
      ),
    is: 'link_latency',
    at: 'maps',
    not: ['proxy_fault', 'hang', 'config_drift', 'net_blackhole'],
    params: { peer: 'geo' },
  },
  {
    title: 'slow through what stands between, so slow that who asks gives up',
    tell: () =>
      story(
        stackOf(proxied),
        (s) => series(s, 'maps', 'request_p95_ms', (ago) => (ago < 1 ? 1_314 : 22)),
        (s) => shows(s, 'maps', 'anomaly', { key: 'anomaly:maps:request_p95_ms', agoMs: 30_000 }),
        (s) => says(s, 'maps', 'BrokenPipeError: [Errno 32] Broken pipe', { times: 3 }),
        (s) => examined(s, 'maps', { endpoints: [straight, via({ answerMs: 640 })] }),
      ),
    is: 'link_latency',
    at: 'maps',
    not: ['link_resets'],
  },
  {
    title: 'a signal ended it; our look over the way was late, and once it had waited',
    tell: () =>
      story(
        stackOf(proxied),
        (s) => ends(s, 'maps', { signal: 'SIGKILL', agoMs: 2_000 }),
        (s) => shows(s, 'maps', 'exit', { agoMs: 2_000 }),
        (s) => says(s, 'maps', 'prices from the list: the operation timed out', { agoMs: 21_000 }),
        (s) => examined(s, 'maps', { endpoints: [straight, via({ connectMs: 143 })] }),
      ),
    is: 'crash',
    at: 'maps',
    not: ['link_latency'],
  },
  {
    title: 'broken off on the way, fine when asked straight',
    tell: () =>
      story(
        stackOf(proxied),
        suffers,
        (s) => says(s, 'maps', 'Error: socket hang up (ECONNRESET) 127.0.0.1:18100', { times: 6 }),
        (s) => examined(s, 'maps', { endpoints: [straight, via({ tcp: 'reset', answers: null })] }),
      ),
    is: 'link_resets',
    at: 'maps',
    not: ['proxy_fault', 'crash', 'config_drift'],
  },
  {
    title: 'what stands between accepts and stays silent',
    tell: () =>
      story(
        stackOf(proxied),
        suffers,
        (s) =>
          says(
            s,
            'maps',
            'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
            { times: 6 },
          ),
        (s) => examined(s, 'maps', { endpoints: [straight, via({ answers: false })] }),
      ),
    is: 'proxy_fault',
    at: 'maps',
    not: ['hang', 'link_latency', 'config_drift', 'net_blackhole'],
    params: { peer: 'geo', pid: 555 },
  },
  {
    title: 'what stood between is gone, and nobody changed a file',
    tell: () =>
      story(
        stackOf(proxied),
        suffers,
        (s) => says(s, 'maps', 'connect ECONNREFUSED 127.0.0.1:18100', { times: 6 }),
        (s) =>
          examined(s, 'maps', {
            endpoints: [straight, viaNobody],
          }),
      ),
    is: 'proxy_fault',
    at: 'maps',
    not: ['config_drift', 'dependency_down'],
  },
  {
    title: 'the same, right after its file was changed: the address is wrong',
    tell: () =>
      story(
        stackOf(proxied),
        (s) => checkDown(s, 'maps', 'HTTP 504'),
        (s) => changed(s, { agoMs: 25_000, path: '/srv/sketched/maps/app.toml', service: 'maps' }),
        (s) => says(s, 'maps', 'connect ECONNREFUSED 127.0.0.1:18100', { times: 6 }),
        (s) =>
          examined(s, 'maps', {
            endpoints: [straight, viaNobody],
          }),
      ),
    is: 'config_drift',
    at: 'maps',
    not: ['proxy_fault', 'dependency_down'],
  },
  {
    title: 'one of two callers goes through somebody and is slow (no address in any log)',
    tell: () =>
      story(
        stackOf({ ...proxied, tiles: { port: 8_400, needs: ['geo'] } }),
        (s) => connects(s, 'maps', { host: '127.0.0.1', port: 18_100 }),
        (s) => connects(s, 'tiles', 'geo'),
        (s) => series(s, 'maps', 'requests_per_s', () => 5),
        (s) => series(s, 'maps', 'request_p95_ms', (ago) => (ago < 2 ? 800 : 20)),
        (s) => shows(s, 'maps', 'anomaly', { key: 'anomaly:maps:request_p95_ms', agoMs: 9e4 }),
        (s) => examined(s, 'maps', { endpoints: [{ ...straight, answers: null, answerMs: null }] }),
      ),
    is: 'link_latency',
    at: 'maps',
    not: ['proxy_fault', 'gray_failure', 'cpu_own_hot_loop'],
  },
  {
    title: 'one of two callers goes through somebody and nothing comes through',
    tell: () =>
      story(
        stackOf({ ...proxied, tiles: { port: 8_400, needs: ['geo'] } }),
        suffers,
        (s) => connects(s, 'tiles', 'geo'),
        (s) => series(s, 'maps', 'requests_per_s', () => 5),
        (s) => series(s, 'maps', 'error_ratio', (ago) => (ago < 2 ? 1 : 0)),
        (s) => says(s, 'maps', 'call failed: operation timed out', { times: 8 }),
        (s) => examined(s, 'maps', { endpoints: [{ ...straight, answers: null, answerMs: null }] }),
      ),
    is: 'proxy_fault',
    at: 'maps',
    not: ['link_latency', 'hang', 'gray_failure'],
  },
  {
    title: 'one of five is slow, through somebody, on a machine that is busy as ever',
    tell: () =>
      story(
        stackOf({ ...proxied, tiles: { port: 8_400, needs: ['geo'] }, mail: { port: 8_500 } }),
        (s) => connects(s, 'tiles', 'geo'),
        (s) => {
          for (const name of ['geo', 'site', 'tiles', 'mail'])
            series(s, name, 'probe_ms', (ago) => (ago < 2 ? 9 : 4));
        },
        (s) => series(s, 'maps', 'probe_ms', (ago) => (ago < 2 ? 450 : 15)),
        (s) => series(s, '@host', 'psi_cpu', () => 0.96),
        (s) => series(s, '@host', 'load_per_core', () => 6),
        (s) => shows(s, 'maps', 'anomaly', { key: 'anomaly:maps:probe_ms', agoMs: 6e4 }),
        (s) => connects(s, 'maps', { host: '127.0.0.1', port: 18_100 }),
        (s) => examined(s, 'maps', { endpoints: [straight] }),
      ),
    is: 'link_latency',
    at: 'maps',
    not: ['cpu_noisy_neighbour', 'proxy_fault', 'gray_failure'],
  },
  {
    title: 'what stands between garbles, and the caller only waits',
    tell: () =>
      story(
        stackOf(proxied),
        suffers,
        (s) => series(s, 'maps', 'requests_per_s', () => 5),
        (s) => series(s, 'maps', 'error_ratio', (ago) => (ago < 1 ? 0.7 : 0)),
        (s) => says(s, 'maps', 'query timed out after 1000ms', { times: 30 }),
        (s) => series(s, '@host', 'psi_cpu', (ago) => (ago < 2 ? 0.5 : 0.1)),
        (s) =>
          examined(s, 'maps', {
            endpoints: [
              { ...straight, speaks: 'redis' },
              via({ behind: 'geo', answerMs: 3, speaks: 'bytes' }),
            ],
          }),
      ),
    is: 'proxy_fault',
    at: 'maps',
    not: ['link_latency', 'gray_failure'],
  },
  {
    title: 'what stands between garbles what it passes on',
    tell: () =>
      story(
        stackOf(proxied),
        suffers,
        (s) => says(s, 'maps', 'protocol error: unexpected reply type byte 0x3e', { times: 5 }),
        (s) => examined(s, 'maps', { endpoints: [straight] }),
      ),
    is: 'proxy_fault',
    at: 'maps',
    not: ['link_resets', 'gray_failure'],
  },
  {
    title: 'one connection ended once; since then the caller only waits on its detour',
    tell: () =>
      story(
        stackOf(proxied),
        suffers,
        (s) => says(s, 'maps', 'call failed: connection closed by server', { agoMs: 30_000 }),
        (s) => says(s, 'maps', 'call failed: timed out', { times: 20, agoMs: 12_000 }),
        (s) =>
          examined(s, 'maps', {
            endpoints: [straight, via({ behind: 'geo', answers: true, answerMs: 4 })],
          }),
      ),
    is: 'proxy_fault',
    at: 'maps',
    not: ['link_resets', 'hang'],
  },
  {
    title: 'every other connection is broken off, and the log says only that the call failed',
    tell: () =>
      story(
        stackOf(proxied),
        (s) => checkDown(s, 'maps', 'HTTP 500: {"error":"fetch failed"}'),
        (s) => says(s, 'maps', 'GET /tiles: fetch failed', { times: 9 }),
        (s) =>
          examined(s, 'maps', {
            endpoints: [
              straight,
              via({ behind: 'geo', answerMs: 3, tries: { asked: 5, answered: 3, brokenOff: 2 } }),
            ],
          }),
      ),
    is: 'link_resets',
    at: 'maps',
    not: ['link_latency', 'proxy_fault', 'gray_failure', 'probe_broken'],
    params: { peer: 'geo' },
  },
  {
    title: 'resets make clients ask again; a neighbour had another quarrel a while ago',
    tell: () =>
      story(
        stackOf({ ...proxied, tiles: { port: 8_400, needs: ['geo'] } }),
        (s) => checkDown(s, 'maps', 'HTTP 503: {"error": "storage unavailable"}'),
        (s) => connects(s, 'tiles', 'geo'),
        (s) => says(s, 'tiles', 'geo: invalid password', { agoMs: 70_000, times: 6 }),
        (s) => void (of(s, 'tiles').healthyMs = nowMs),
        (s) => says(s, 'maps', 'stats: 429 requests'),
        (s) => says(s, 'maps', '[Errno 104] Connection reset by peer', { times: 9 }),
        (s) => series(s, 'maps', 'requests_per_s', (ago) => (ago < 2 ? 19 : 10)),
        (s) => series(s, 'maps', 'error_ratio', (ago) => (ago < 2 ? 0.67 : 0)),
        (s) =>
          examined(s, 'maps', {
            endpoints: [
              straight,
              via({ behind: 'geo', tries: { asked: 4, answered: 2, brokenOff: 2 } }),
            ],
          }),
      ),
    is: 'link_resets',
    at: 'maps',
    not: ['overload_retry_storm', 'gray_failure'],
  },
  {
    title: 'slow through somebody who loses our own questions; nothing fails',
    tell: () =>
      story(
        stackOf(proxied),
        (s) => series(s, 'maps', 'requests_per_s', () => 5),
        (s) => series(s, 'maps', 'error_ratio', () => 0),
        (s) => series(s, 'maps', 'request_p95_ms', (ago) => (ago < 2 ? 800 : 20)),
        (s) => shows(s, 'maps', 'anomaly', { key: 'anomaly:maps:request_p95_ms', agoMs: 9e4 }),
        (s) =>
          examined(s, 'maps', {
            endpoints: [
              straight,
              via({ behind: 'geo', answers: null, tries: { asked: 7, answered: 0, brokenOff: 7 } }),
            ],
          }),
      ),
    is: 'link_latency',
    at: 'maps',
    not: ['link_resets', 'proxy_fault'],
  },
  {
    title: 'a check is red, our look at the way of its neighbour was late, and nobody waits',
    tell: () =>
      story(
        stackOf(pair),
        (s) => checkDown(s, 'site', 'HTTP 404: Not Found', { agoMs: 60_000 }),
        (s) => series(s, 'site', 'requests_per_s', () => 20),
        (s) => series(s, 'site', 'error_ratio', () => 0.001),
        (s) => examined(s, 'site', { endpoints: [endpoint('maps', 8_200, { answerMs: 110 })] }),
        (s) =>
          examined(s, 'maps', {
            endpoints: [endpoint('geo', 8_100, { connectMs: 119, answerMs: 140 })],
          }),
      ),
    is: 'probe_broken',
    at: 'site',
    not: ['link_latency'],
  },
];
