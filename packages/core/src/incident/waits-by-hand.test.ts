/** What a person asked for and had to wait is begun later, though nothing shows a symptom. */
import { expect, test } from 'vitest';
import { observe } from '../loop/collect/observe.ts';
import { service, stackOf } from '../loop/collect/stage.contract.ts';
import { readRunbook } from '../loop/plan/read-runbook.ts';
import { treeOf } from '../loop/plan/reading/tree-of.contract.ts';
import { openLoop } from '../loop-state.ts';
import { stepLoop } from '../loop-step.ts';

const startMs = 1_000_000;

/** Runs that were begun `afterMs` after a second wish that came 100 ms after the first had ended. */
function begunAfter(afterMs: number): number {
  const state = openLoop(startMs - 60_000);
  state.restored = true;
  observe(state.picture, { kind: 'stack', stack: stackOf(service('api')) }, startMs - 60_000);
  const steps = { a: { action: 'http.call', with: { url: 'http://127.0.0.1:1/' } } };
  const tree = { name: 'own', diagnosis: 'hang', dedupe: 'one', steps, limits: { cooldown: '5s' } };
  const { runbook, problems } = readRunbook(treeOf({ ...tree, verify: 'true' }), 'test');
  if (runbook === null) throw new RangeError(JSON.stringify(problems));
  state.runbooks.set(runbook.name, runbook);
  state.rails.runs.push({
    runId: 'run-0',
    runbook: 'own',
    dedupe: 'one',
    step: 'a',
    targets: ['api'],
    startedMs: startMs - 1_000,
    endedMs: startMs - 100,
  } as never);
  const params = { target: 'api' };
  const command = { kind: 'run', runbook: 'own', params, dryRun: false } as const;
  stepLoop(state, { kind: 'commanded', command, actor: 'ann' }, startMs);
  for (let pastMs = 0; pastMs <= afterMs; pastMs += 1_000)
    stepLoop(state, { kind: 'ticked' }, startMs + pastMs);
  return state.runs.size;
}

test('not while the last run cools down, but after that', () => {
  expect(begunAfter(1_000)).toBe(0);
  expect(begunAfter(20_000)).toBe(1);
});
