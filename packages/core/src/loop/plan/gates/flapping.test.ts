import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { actionOf, factsOf, gateInputOf } from '../planning.contract.ts';
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
