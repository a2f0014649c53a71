import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { actionOf, diagnosisOf, factsOf, gateInputOf, nowMs } from '../planning.contract.ts';
import { openRails } from '../rails.ts';
import { flapping } from './flapping.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = flapping.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const restart = actionOf('service.restart');
const unstable = { flapping: true } as const;
const gone = { flapping: true, dead: true, deadInstances: ['api.1'] } as const;

test('calm', () => check({ action: restart }, null, /not flapping/));
test('no restart of what goes up and down', () =>
  check({ action: restart, facts: factsOf({ api: unstable }) }, { kind: 'escalate' }, /flapping/));
test('what restarts nothing may act', () =>
  check({ facts: factsOf({ api: unstable }) }, null, /restarts nothing/));
test('the dead are restarted', () =>
  check({ action: restart, facts: factsOf({ api: gone }) }, null, /dead/));

test('what surely is busy with itself is recycled, once an hour', () => {
  const facts = factsOf({ api: unstable });
  const busy = (confidence: number) => diagnosisOf({ class: 'cpu_own_hot_loop', confidence });
  const acted = (agoMs: number) => ({
    ...openRails(),
    acts: { api: { atMs: nowMs - agoMs, runId: 'run-1', action: 'service.restart' } },
  });
  const stop = { kind: 'escalate' } as const;
  check({ action: restart, facts, diagnosis: busy(0.85) }, null, /why is known/);
  check({ action: restart, facts, diagnosis: busy(0.7) }, stop, /flapping/);
  check({ action: restart, facts, diagnosis: busy(0.85), rails: acted(60_000) }, stop, /flapping/);
  check({ action: restart, facts, diagnosis: busy(0.85), rails: acted(4e6) }, null, /known/);
  const elsewhere = { ...busy(0.85), target: 'store' };
  check({ action: restart, facts, diagnosis: elsewhere }, stop, /flapping/);
});
