/** Situations of the network: whoever is meant cannot be reached, or his name has no address. */
import { checkDown, connects, ends, says, series, shows } from '../situation.kit.ts';
import { endpoint, examined, owned } from '../situation-exam.kit.ts';
import { stackOf, type ServiceSketch } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const pair: Readonly<Record<string, ServiceSketch>> = {
  geo: { port: 8_100 },
  maps: { port: 8_200, needs: ['geo'] },
  site: { port: 8_300, needs: ['maps'] },
};

export const networkSituations: readonly SituationCase[] = [
  {
    title: 'refused although a process listens there',
    tell: () =>
      story(
        stackOf(pair),
        (s) => checkDown(s, 'maps', 'HTTP 502'),
        (s) =>
          says(
            s,
            'maps',
            "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 8100)",
            { times: 4 },
          ),
        (s) =>
          examined(s, 'maps', {
            endpoints: [
              endpoint('geo', 8_100, {
                tcp: 'refused',
                listening: true,
                owner: owned('geo'),
                answers: null,
              }),
            ],
          }),
      ),
    is: 'net_refused_policy',
    at: 'maps',
    not: ['dependency_down', 'config_drift', 'crash'],
    params: { peer: 'geo', port: 8_100 },
  },
  {
    title: 'connections vanish although a process listens there',
    tell: () =>
      story(
        stackOf(pair),
        (s) => checkDown(s, 'maps', 'HTTP 504'),
        (s) => says(s, 'maps', 'connect ETIMEDOUT 127.0.0.1:8100', { times: 4 }),
        (s) => connects(s, 'maps', 'geo', { established: 0, synSent: 3 }),
        (s) =>
          examined(s, 'maps', {
            endpoints: [
              endpoint('geo', 8_100, {
                tcp: 'timeout',
                connectMs: null,
                answers: null,
                owner: owned('geo'),
              }),
            ],
          }),
      ),
    is: 'net_blackhole',
    at: 'maps',
    not: ['hang', 'dependency_down', 'link_latency'],
  },
  {
    title: 'two callers lose the same way: one cause',
    tell: () =>
      story(stackOf({ ...pair, tiles: { port: 8_400, needs: ['geo'] } }), (s) => {
        for (const name of ['maps', 'tiles']) {
          checkDown(s, name, 'HTTP 504');
          says(s, name, 'java.net.SocketTimeoutException: Connect timed out (127.0.0.1:8100)', {
            times: 4,
          });
          examined(s, name, {
            endpoints: [
              endpoint('geo', 8_100, {
                tcp: 'timeout',
                connectMs: null,
                answers: null,
                owner: owned('geo'),
              }),
            ],
          });
        }
      }),
    is: 'net_blackhole',
    not: ['hang'],
  },
  {
    title: 'a name cannot be resolved',
    tell: () =>
      story(
        stackOf(pair),
        (s) => checkDown(s, 'maps', 'HTTP 503'),
        (s) => says(s, 'maps', 'java.net.UnknownHostException: tiles.internal', { times: 4 }),
        (s) =>
          examined(s, 'maps', {
            names: [{ host: 'tiles.internal', error: 'EAI_AGAIN', lastGood: '10.0.0.7' }],
          }),
      ),
    is: 'dns_failure',
    at: 'maps',
    not: ['net_blackhole', 'dependency_down'],
    params: { host: 'tiles.internal', ip: '10.0.0.7' },
  },
  {
    title: 'two services that know nothing of each other ask for one name that fails',
    tell: () =>
      story(stackOf({ a1: { port: 8_001 }, b2: { port: 8_002 } }), (s) => {
        for (const name of ['a1', 'b2']) {
          checkDown(s, name, 'HTTP 503');
          says(s, name, 'getaddrinfo ENOTFOUND pay.example.test', { times: 4 });
        }
      }),
    is: 'dns_failure',
    not: ['net_blackhole'],
    params: { host: 'pay.example.test' },
  },
  {
    title: 'resets because the other side crashed: the crash is it',
    tell: () =>
      story(
        stackOf(pair),
        (s) => ends(s, 'geo', { signal: 'SIGSEGV', code: 139, agoMs: 6_000 }),
        (s) => shows(s, 'maps', 'errors', { agoMs: 6_000 }),
        (s) => says(s, 'maps', 'read ECONNRESET 127.0.0.1:8100', { times: 3, agoMs: 6_000 }),
        (s) => examined(s, 'maps', { endpoints: [endpoint('geo', 8_100)] }),
      ),
    is: 'crash',
    at: 'geo',
    not: ['link_resets', 'gray_failure'],
  },
  {
    title: 'slow because the other side is slow: not the way',
    tell: () =>
      story(
        stackOf(pair),
        (s) => series(s, 'geo', 'probe_ms', (ago) => (ago < 2 ? 700 : 5)),
        (s) => series(s, 'geo', 'cpu', (ago) => (ago < 2 ? 0.99 : 0.1)),
        (s) => shows(s, 'geo', 'anomaly', { key: 'anomaly:geo:probe_ms' }),
        (s) => examined(s, 'maps', { endpoints: [endpoint('geo', 8_100, { answerMs: 690 })] }),
      ),
    is: 'cpu_own_hot_loop',
    at: 'geo',
    not: ['link_latency'],
  },
];
