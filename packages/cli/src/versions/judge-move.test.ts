import { expect, test } from 'vitest';
import type { ServiceStatus, State, StatusDocument } from '@fettle/sdk/api/status';
import { judgeMove, type Judgement } from './judge-move.ts';

function look(states: Readonly<Record<string, State>>, pid = 1, connected = true): StatusDocument {
  const services = Object.entries(states).map(([name, state]) => ({ name, state, pid }));
  return {
    services: services as unknown as readonly ServiceStatus[],
    daemon: { supervisorConnected: connected },
  } as unknown as StatusDocument;
}
const roots = { supervisor: '/new', controller: '/new' };
const judge = (before: StatusDocument, after: StatusDocument | null, found = roots): Judgement =>
  judgeMove(before, after, { wanted: '/new', roots: found });

test('what was adopted as it was is well', () => {
  expect(judge(look({ api: 'ok' }), look({ api: 'ok' }))).toEqual({ problems: [], restarted: [] });
});

test('what was broken before is no fault of the version', () => {
  expect(judge(look({ api: 'crash-loop' }), look({ api: 'failing' })).problems).toEqual([]);
});

test('what worked must work', () => {
  expect(judge(look({ api: 'ok' }), look({ api: 'starting' })).problems).toEqual([
    'api was ok and is starting',
  ]);
  expect(judge(look({ api: 'ok' }), look({ api: 'stopped' })).problems).toHaveLength(1);
  expect(judge(look({ api: 'ok' }), look({})).problems).toEqual(['api is gone']);
});

test('a daemon of the old version, or none, is no success', () => {
  expect(judge(look({}), null).problems).toEqual(['the controller does not answer']);
  expect(judge(look({}), look({}, 1, false)).problems).toHaveLength(1);
  expect(judge(look({}), look({}), { ...roots, controller: '/old' }).problems).toHaveLength(1);
});

test('a service with another process is said to be restarted', () => {
  expect(judge(look({ api: 'ok' }, 1), look({ api: 'ok' }, 2)).restarted).toEqual(['api']);
});
