/** Situations of one process: it ended, it stands still, its port is taken. */
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
import { examined, owned, process } from '../situation-exam.kit.ts';
import { nowMs, stackOf, type ServiceSketch, type Story } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const two: Readonly<Record<string, ServiceSketch>> = {
  catalog: { port: 7_100 },
  front: { port: 7_200, needs: ['catalog'] },
};
const stranger = {
  pid: 991,
  command: 'python3 -m http.server',
  kind: 'foreign',
  instance: null,
  runningForMs: 9e5,
} as const;
const leftover = {
  pid: 992,
  command: './run catalog',
  kind: 'orphan',
  instance: null,
  runningForMs: 9e6,
} as const;

/** Its next run found its port taken and listens on another one. */
function moved(s: Story, name: string, agoMs: number): void {
  const one = onlyInstance(s, name);
  const port = one.view.port!;
  const fallbackFrom = { port: port.port, owner: stranger };
  one.view = { ...one.view, port: { ...port, port: port.port + 1, fallbackFrom } };
  const text = `port moved from ${port.port} to ${port.port + 1}: it is taken`;
  changed(s, { agoMs, kind: 'port', service: name, actor: 'fettle', text });
}

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
    title: 'its port is held by a stranger',
    tell: () =>
      story(
        stackOf(two),
        (s) => loops(s, 'catalog', 3),
        (s) =>
          says(s, 'catalog', 'Error: listen EADDRINUSE: address already in use 127.0.0.1:7100', {
            times: 3,
          }),
        (s) => examined(s, 'catalog', { processes: [], ports: [{ port: 7_100, owner: stranger }] }),
      ),
    is: 'port_conflict_foreign',
    at: 'catalog',
    not: ['port_conflict_orphan', 'crash_loop'],
    params: { port: 7_100, pid: 991 },
  },
  {
    title: 'it found another port long ago, and hangs now',
    tell: () =>
      story(
        stackOf(two),
        (s) => {
          const one = onlyInstance(s, 'catalog');
          const from = { port: 7_100, owner: stranger };
          one.view = {
            ...one.view,
            port: { instance: 'catalog.1', port: 7_150, host: '127.0.0.1', fallbackFrom: from },
            portTrouble: from,
          };
        },
        (s) => checkDown(s, 'catalog', 'no answer in 2s', { as: 'hang' }),
        (s) =>
          examined(s, 'catalog', {
            ports: [
              { port: 7_100, owner: stranger },
              { port: 7_150, owner: owned('catalog') },
            ],
          }),
      ),
    is: 'hang',
    at: 'catalog',
    not: ['port_conflict_foreign'],
  },
  {
    title: 'its port is held by what an earlier run left behind',
    tell: () =>
      story(
        stackOf(two),
        (s) => loops(s, 'catalog', 3),
        (s) =>
          says(
            s,
            'catalog',
            "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 7100): address already in use",
            { times: 3 },
          ),
        (s) => examined(s, 'catalog', { processes: [], ports: [{ port: 7_100, owner: leftover }] }),
      ),
    is: 'port_conflict_orphan',
    at: 'catalog',
    not: ['port_conflict_foreign', 'crash_loop', 'orphan_serving'],
    params: { pid: 992 },
  },
  {
    title: 'an orphan answers in place of the run that died',
    tell: () =>
      story(
        stackOf(two),
        (s) => gone(s, 'catalog', { signal: 'SIGKILL' }),
        (s) => shows(s, 'catalog', 'listener-foreign'),
        (s) => examined(s, 'catalog', { processes: [], ports: [{ port: 7_100, owner: leftover }] }),
      ),
    is: 'orphan_serving',
    at: 'catalog',
    not: ['crash', 'port_conflict_orphan'],
  },
  {
    title: 'a stranger took its port while it was restarted, and it moved',
    tell: () =>
      story(
        stackOf(two),
        (s) => ends(s, 'catalog', { signal: 'SIGKILL', agoMs: 4_000 }),
        (s) => explained(s, 'catalog', 'killed-from-outside', { agoMs: 4_000 }),
        (s) => moved(s, 'catalog', 3_000),
      ),
    is: 'port_conflict_foreign',
    at: 'catalog',
    not: ['crash'],
    params: { port: 7_100, pid: 991 },
  },
  {
    title: 'it moved long ago, and now it was killed',
    tell: () =>
      story(
        stackOf(two),
        (s) => moved(s, 'catalog', 900_000),
        (s) => ends(s, 'catalog', { signal: 'SIGKILL', agoMs: 4_000 }),
        (s) => explained(s, 'catalog', 'killed-from-outside', { agoMs: 4_000 }),
      ),
    is: 'crash',
    at: 'catalog',
    not: ['port_conflict_foreign'],
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
