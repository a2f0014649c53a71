import { openLoop } from '@fettle/core/loop-state';
import { stepLoop } from '@fettle/core/loop-step';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { FettleError } from '@fettle/sdk/fettle-error';
import { expect, test } from 'vitest';
import { aService, aStack, aView } from '../controller.kit.ts';
import { loadRunbooks } from './load-runbooks.ts';
import { previewRun } from './preview-run.ts';

const { runbooks } = loadRunbooks({ dir: null, cwd: '/' });
const nowMs = Date.now();

const preview = (name: string, diagnosis: string, answers: Readonly<Record<string, Value>>) => {
  const state = openLoop(nowMs);
  const stack = aStack([aService('db', { labels: { 'fettle.kind': 'database' } })]);
  const observations = [
    { kind: 'stack', stack } as const,
    { kind: 'instance', view: aView('db') } as const,
  ];
  stepLoop(state, { kind: 'observed', observations }, nowMs);
  const planned: string[] = [];
  const runbook = runbooks.find((one) => one.name === name);
  if (runbook === undefined) throw new RangeError(name);
  const hands = {
    answer: (calls: readonly Readonly<{ name: string }>[]) =>
      Promise.resolve(calls.map((call) => answers[call.name] ?? null)),
    actions: {
      plan: (action: string, params: object) => {
        planned.push(`${action} ${JSON.stringify(params)}`);
        if (action === 'service.restart')
          return Promise.reject(new FettleError('E-ACT-TARGET', 'no db here', { hint: 'look' }));
        const text = `${action} now`;
        return Promise.resolve({ text, command: 'x', targets: [], means: 'present', lacks: null });
      },
    },
  } as unknown as Parameters<typeof previewRun>[0]['hands'];
  const asked = { state, hands, nowMs: () => nowMs };
  return previewRun(asked, runbook, { target: 'db', diagnosis }).then((told) => ({
    told,
    planned,
  }));
};

test('the branch that holds now, its acts with their parameters, their way back', async () => {
  const { told, planned } = await preview('database-connection-failure', 'db_hung', {
    proc: { state: 'stopped' },
  });
  expect(planned).toEqual(['process.signal {"target":"db","signal":"CONT"}']);
  expect(told.branches.find(({ holds }) => holds)?.goto).toBe('continue');
  expect(told.steps).toMatchObject([
    { step: 'continue', text: 'process.signal now', command: 'x', lacks: null },
  ]);
  expect(told.steps[0]?.irreversible).toMatch(/cannot be taken back/);
});
test('an act that could not be done says what is missing, and the way goes on from there', async () => {
  const { told } = await preview('database-connection-failure', 'db_hung', {});
  expect(told.steps).toMatchObject([
    { action: 'service.restart', lacks: 'no db here' },
    { step: 'call_down', action: 'escalate' },
  ]);
});
test('guards are told with their verdict', async () => {
  const { told } = await preview('database-connection-failure', 'db_down', {});
  expect(told.steps[0]?.guards).toEqual([{ text: 'exits(target, 10m) < 8', holds: true }]);
});
