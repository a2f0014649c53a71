import { expect, test } from 'vitest';
import { mutateRules, wrongAnyway } from './mutate-rules.ts';

test('every rule is missed by some situation', () => {
  expect(wrongAnyway()).toEqual([]);
  const unmissed = mutateRules().filter(({ wrong }) => wrong.length === 0);
  expect(unmissed.map(({ ruleId }) => ruleId)).toEqual([]);
}, 60_000);
