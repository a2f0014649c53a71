import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allCauses } from '../causes/all.ts';
import { causeClasses } from '../cause-classes.ts';
import { diagnosisClasses } from '../diagnosis.ts';
import { allSituations } from '../situations/all.ts';
import { allDecisionRules } from './all.ts';

test('every class but unknown has a rule and a situation', () => {
  const wanted = diagnosisClasses.filter((one) => one !== 'unknown');
  const ruled = new Set(allDecisionRules.map((rule) => rule.class));
  const told = new Set(allSituations.map(({ is }) => is));
  expect(wanted.filter((one) => !ruled.has(one))).toEqual([]);
  expect(wanted.filter((one) => !told.has(one))).toEqual([]);
});

test('ids are unique and begin with their class', () => {
  const ids = allDecisionRules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(allDecisionRules.filter((one) => one.id.split('/')[0] !== one.class)).toEqual([]);
});

test('every cause that supports a class is one that why can name', () => {
  const known = new Set(allCauses.map(({ id }) => id));
  expect(Object.keys(causeClasses).filter((id) => !known.has(id))).toEqual([]);
});

test('docs/diagnosis.md has a row for every class', () => {
  const page = readFileSync(
    new URL('../../../../../../docs/diagnosis.md', import.meta.url),
    'utf8',
  );
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const named = new Set(rows.flatMap((row) => row.split(' | ')[0]?.match(/[a-z_]+/g) ?? []));
  expect([...named].toSorted()).toEqual([...diagnosisClasses].toSorted());
});
