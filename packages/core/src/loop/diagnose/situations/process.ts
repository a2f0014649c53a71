/** Situations of one process: it ended, it stands still. */
import {
  changed,
  checkDown,
  ends,
  explained,
  gone,
  halted,
  inState,
  loops,
  onlyInstance,
  of,
  says,
  shows,
} from '../situation.kit.ts';
import { examined, file, process } from '../situation-exam.kit.ts';
import { nowMs, stackOf, type ServiceSketch } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const two: Readonly<Record<string, ServiceSketch>> = {
  catalog: { port: 7_100 },
  front: { port: 7_200, needs: ['catalog'] },
};
const mended = file('/srv/sketched/catalog/settings.json', { changedAtMs: nowMs - 48_000 });

export const processSituations: readonly SituationCase[] = [
  {
    title: 'ended once with an error and is being started again',
    tell: () =>
      story(
        stackOf(two),
        (s) => gone(s, 'catalog', { code: 1 }),
        (s) => says(s, 'catalog', 'TypeError: x is not a function'),
      ),
    is: 'crash',
    at: 'catalog',
    not: ['crash_loop'],
  },
  {
    title: 'killed from outside and back again',
    tell: () =>
      story(
        stackOf(two),
        (s) => ends(s, 'catalog', { signal: 'SIGKILL', agoMs: 3_000 }),
        (s) => explained(s, 'catalog', 'killed-from-outside'),
      ),
    is: 'crash',
    at: 'catalog',
    not: ['oom_killed'],
  },
  {
    title: 'could not be spawned',
    tell: () =>
      story(
        stackOf(two),
        (s) =>
          inState(s, 'catalog', 'failed', {
            spawnError: { code: 'EMFILE', message: 'spawn EMFILE' },
          }),
        (s) => shows(s, 'catalog', 'spawn-failed'),
      ),
    is: 'crash',
    at: 'catalog',
  },
  {
    title: 'ends again and again, for a reason of its own',
    tell: () =>
      story(
        stackOf(two),
        (s) => loops(s, 'catalog', 6),
        (s) => says(s, 'catalog', 'panic: assertion failed', { times: 6 }),
      ),
    is: 'crash_loop',
    at: 'catalog',
    not: ['poison_input', 'bad_config'],
  },
  {
    title: 'ends again and again just after its settings were put right',
    tell: () =>
      story(
        stackOf(two),
        (s) => changed(s, { agoMs: 20_000, service: 'catalog', path: mended.path }),
        (s) => ends(s, 'catalog', { signal: 'SIGKILL', agoMs: 20_000 }),
        (s) => {
          for (const agoMs of [19_000, 17_000, 13_000]) ends(s, 'catalog', { agoMs, ranMs: 100 });
        },
        (s) => inState(s, 'catalog', 'backing-off'),
        (s) => checkDown(s, 'catalog', 'nobody listens'),
        (s) => shows(s, 'catalog', 'exit', { agoMs: 20_000 }),
        (s) => says(s, 'catalog', "TypeError: reading 'entries' of null", { times: 6 }),
        (s) => examined(s, 'catalog', { processes: [], files: [mended] }),
      ),
    is: 'crash_loop',
    at: 'catalog',
    not: ['bad_config'],
  },
  {
    title: 'ends at the same job each time (a worker in Python)',
    tell: () =>
      story(
        stackOf({ mailer: { kind: 'worker' } }),
        (s) => says(s, 'mailer', 'INFO processing job 4100', { agoMs: 400_000 }),
        (s) => says(s, 'mailer', 'INFO processing job 4101', { agoMs: 390_000 }),
        (s) => loops(s, 'mailer', 4, { code: 1 }),
        (s) => {
          for (const agoMs of [32_000, 24_000, 16_000, 8_000]) {
            says(s, 'mailer', 'INFO worker ready', { agoMs: agoMs + 700 });
            says(s, 'mailer', 'INFO processing job 4117', { agoMs: agoMs + 300 });
            says(s, 'mailer', "KeyError: 'amount'", { agoMs: agoMs + 200 });
          }
        },
      ),
    is: 'poison_input',
    at: 'mailer',
    not: ['crash_loop', 'bad_config'],
    params: { job: '4117' },
  },
  {
    title: 'ends at each start; its last words are of requests long answered (pino-http)',
    tell: () =>
      story(
        stackOf(two),
        (s) => {
          for (let ago = 60; ago > 10; ago -= 2)
            says(
              s,
              'catalog',
              `{"level": 30, "time": 17952760${ago}888, "pid": 5743, "req": {"method": "GET", "url": "/tasks"}, "res": {"statusCode": 200}, "msg": "request completed"}`,
              { agoMs: ago * 1_000 },
            );
        },
        (s) => {
          for (let left = 6; left > 0; left -= 1)
            ends(s, 'catalog', { agoMs: 3_000 + left * 700, ranMs: 200 });
        },
        (s) => inState(s, 'catalog', 'crash-loop'),
        (s) => shows(s, 'catalog', 'crash-loop'),
      ),
    is: 'crash_loop',
    at: 'catalog',
    not: ['poison_input'],
  },
  {
    title: 'ends at the same record each time, in words that no list has (JSON lines)',
    tell: () =>
      story(
        stackOf({ ripper: { kind: 'worker' } }),
        (s) => says(s, 'ripper', '{"level":30,"msg":"spinning up reel R-17"}', { agoMs: 300_000 }),
        (s) => says(s, 'ripper', '{"level":30,"msg":"spinning up reel R-18"}', { agoMs: 290_000 }),
        (s) => loops(s, 'ripper', 3),
        (s) => {
          for (const agoMs of [24_000, 16_000, 8_000])
            says(s, 'ripper', '{"level":30,"msg":"spinning up reel R-19"}', { agoMs: agoMs + 100 });
        },
      ),
    is: 'poison_input',
    at: 'ripper',
    not: ['crash_loop'],
  },
  {
    title: 'ends each time it reads the same file of a queue, which is cut short',
    tell: () =>
      story(
        stackOf({ ripper: { kind: 'worker', labels: { 'fettle.jobs': '/srv/in' } } }),
        (s) => loops(s, 'ripper', 3),
        (s) => {
          says(s, 'ripper', '{"level":30,"msg":"reel 2230-1.json"}', { agoMs: 90_000 });
          for (const agoMs of [24_000, 16_000, 8_000]) {
            says(s, 'ripper', '{"level":30,"msg":"reel 2231-7.json"}', { agoMs: agoMs + 100 });
            says(s, 'ripper', 'SyntaxError: Unexpected end of JSON input', { agoMs });
            says(s, 'ripper', 'at JSON.parse (<anonymous>)', { agoMs });
          }
        },
        (s) => explained(s, 'ripper', 'invalid-config-file', { line: 'at JSON.parse' }),
      ),
    is: 'poison_input',
    at: 'ripper',
    not: ['bad_config', 'crash_loop'],
  },
  {
    title: 'ended because it spun and answered nobody; its next run is well',
    tell: () =>
      story(
        stackOf(two),
        (s) => ends(s, 'catalog', { signal: 'SIGKILL', endedBy: 'hang', agoMs: 3_000 }),
        (s) => shows(s, 'catalog', 'hang'),
        (s) =>
          explained(s, 'catalog', 'restarted', {
            agoMs: 2_000,
            seen: 'busy loop: 97 % of a core in pid 41 (node)',
          }),
        (s) => examined(s, 'catalog', { processes: [process('catalog', { state: 'S', cpu: 0 })] }),
      ),
    is: 'event_loop_block',
    at: 'catalog',
    not: ['hang', 'crash'],
  },
  {
    title: 'in state T',
    tell: () =>
      story(
        stackOf(two),
        (s) => halted(s, 'catalog'),
        (s) => checkDown(s, 'catalog', 'no answer in 2s', { as: 'stopped' }),
        (s) => examined(s, 'catalog', { processes: [process('catalog', { state: 'T', cpu: 0 })] }),
      ),
    is: 'stopped',
    at: 'catalog',
    not: ['hang', 'deadlock'],
  },
  {
    title: 'a worker without a port in state T',
    tell: () =>
      story(
        stackOf({ clerk: { kind: 'worker', checks: ['heartbeat'] } }),
        (s) => checkDown(s, 'clerk', 'last ping 50s ago'),
        (s) => examined(s, 'clerk', { processes: [process('clerk', { state: 'T', cpu: 0 })] }),
      ),
    is: 'stopped',
    at: 'clerk',
    not: ['worker_stuck'],
  },
  {
    title: 'lives, listens and no longer answers',
    tell: () =>
      story(
        stackOf(two),
        (s) => checkDown(s, 'catalog', 'no answer in 2s', { as: 'hang' }),
        (s) => examined(s, 'catalog'),
      ),
    is: 'hang',
    at: 'catalog',
    not: ['deadlock', 'event_loop_block', 'stopped'],
  },
  {
    title: 'threads wait for each other',
    tell: () =>
      story(
        stackOf(two),
        (s) => checkDown(s, 'catalog', 'timed out after 2000ms', { as: 'hang' }),
        (s) =>
          examined(s, 'catalog', {
            processes: [process('catalog', { cpu: 0, waitsIn: 'futex_wait_queue', threads: 14 })],
          }),
      ),
    is: 'deadlock',
    at: 'catalog',
    not: ['hang', 'event_loop_block'],
  },
  {
    title: 'one thread runs in circles and answers nobody',
    tell: () =>
      story(
        stackOf(two),
        (s) => checkDown(s, 'catalog', 'no answer in 2s', { as: 'hang' }),
        (s) =>
          examined(s, 'catalog', {
            processes: [
              process('catalog', { cpu: 0.99, busyThreads: 1, state: 'R', waitsIn: null }),
            ],
          }),
      ),
    is: 'event_loop_block',
    at: 'catalog',
    not: ['hang', 'cpu_own_hot_loop'],
  },
  {
    title: 'children that nobody collects',
    tell: () =>
      story(
        stackOf(two),
        (s) => {
          onlyInstance(s, 'catalog').zombies = 40;
        },
        (s) => shows(s, 'catalog', 'zombies', { severity: 'warn' }),
      ),
    is: 'zombies',
    at: 'catalog',
  },
  {
    title: 'a worker whose heartbeat stays away',
    tell: () =>
      story(
        stackOf({ clerk: { kind: 'worker', checks: ['heartbeat'] } }),
        (s) => checkDown(s, 'clerk', 'last ping 50s ago'),
        (s) => examined(s, 'clerk'),
      ),
    is: 'worker_stuck',
    at: 'clerk',
    not: ['hang', 'stopped'],
  },
  {
    title: 'ended because Fettle was asked to: an end that needs no cause',
    tell: () =>
      story(
        stackOf(two),
        (s) => changed(s, { agoMs: 5_000, kind: 'command', service: 'catalog', actor: 'operator' }),
        (s) => {
          of(s, 'catalog').want = 'down';
          inState(s, 'catalog', 'stopped');
          of(s, 'catalog').ends.push({
            atMs: nowMs - 4_000,
            instance: 'catalog.1',
            token: 'e1-9',
            code: 143,
            posixSignal: 'SIGTERM',
            endedBy: 'operator-stop',
            ranMs: 5e6,
          });
        },
      ),
    is: null,
    groups: 0,
  },
];
