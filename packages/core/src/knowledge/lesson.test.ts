import { expect, test } from 'vitest';
import { lessonOf, type LessonFacts } from './lesson.ts';

const check = (changes: Partial<LessonFacts>, expected: string) =>
  expect(
    lessonOf({
      diagnosis: 'db_hung',
      target: 'db',
      runbook: 'database',
      tries: ['continue', 'restart'],
      result: 'fixed',
      durationS: 12.4,
      before: { a: 2, b: 2 },
      after: { a: 3, b: 2 },
      ...changes,
    }),
  ).toBe(expected);

test('a cure', () =>
  check(
    {},
    'database, continue then restart, cured db_hung on db in 12 s; odds go from 50 % to 60 %',
  ));
test('no cure', () =>
  check(
    { result: 'no-effect', tries: ['continue'], after: { a: 2, b: 3 } },
    'database, continue, does not cure db_hung on db; odds go from 50 % to 40 %',
  ));
test('worse', () =>
  check(
    { result: 'made-worse', after: { a: 2, b: 2 } },
    "database, continue then restart, made db_hung on db worse: it needs a person's yes now; odds stay at 50 %",
  ));
test('for a while', () =>
  check(
    { result: 'fixed-then-recurred', tries: ['restart'], after: { a: 2, b: 2 } },
    'database, restart, helped against db_hung on db only for a while; odds stay at 50 %',
  ));
test('no end', () =>
  check(
    { result: 'aborted', tries: [] },
    'database against db_hung on db came to no end: nothing is learnt',
  ));
