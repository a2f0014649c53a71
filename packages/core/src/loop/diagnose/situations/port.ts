/** Situations of a port: a stranger has it, an orphan has it, it was left for another one. */
import {
  changed,
  checkDown,
  ends,
  explained,
  gone,
  loops,
  onlyInstance,
  says,
  shows,
} from '../situation.kit.ts';
import { examined, owned } from '../situation-exam.kit.ts';
import { stackOf, type ServiceSketch, type Story } from '../situation-stack.kit.ts';
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

export const portSituations: readonly SituationCase[] = [
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
];
