import { expect, test } from 'vitest';
import { compare } from './compare.ts';

const small = { worlds: 12, incidents: 400, drift: 0.5 };

test('learning is at least 10 % cheaper than the ladder and the author, and its odds hold', () => {
  const { underLadder, underAuthor, candidates, kept } = compare(small);
  expect(underLadder).toBeGreaterThan(0.1);
  expect(underAuthor).toBeGreaterThan(0.1);
  expect(candidates.skill).toBeGreaterThan(0.3);
  expect(kept).toBe(true);
});

test('it is the learning that does it: switched off, the word is not kept', () => {
  const { underAuthor, candidates, kept } = compare({ ...small, flags: { learning: 0 } });
  expect(underAuthor).toBeLessThan(0.1);
  expect(candidates.skill).toBeLessThan(0.3);
  expect(kept).toBe(false);
});

test('the same seeds play the same', () => {
  const tiny = { worlds: 2, incidents: 60, drift: 0.5 };
  expect(compare(tiny)).toEqual(compare(tiny));
});
