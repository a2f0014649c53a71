/**
 * A few drills on both kinds of stacks, through the real daemon: right cause, right remedy, cured
 * for our own eyes and by Fettle's verification, nobody else touched; and a case where nothing is due.
 * All of them: `npm run drills`.
 */
import { expect, test } from 'vitest';
import type { Chapter } from './chapter.ts';
import { allFaults } from './faults/all.ts';
import { allNegatives } from './negatives/all.ts';
import { runChapters } from './run-chapters.ts';
import { scoreOf } from './score.ts';

const quiet = { drill() {}, negative() {}, tempting() {}, note() {} };
const drill = (...names: string[]) =>
  allFaults
    .filter(({ name }) => names.includes(name))
    .map((fault) => ({ kind: 'drill' as const, fault }));
const negative = (name: string) =>
  allNegatives
    .filter((one) => one.name === name)
    .map((one) => ({ kind: 'negative' as const, negative: one }));
const common = { seed: 'npm test', round: 1, link: false } as const;

const chapters: readonly Chapter[] = [
  {
    ...common,
    stack: 'generated',
    tasks: [...drill('db_down', 'bad_config', 'bridge_peer_down')],
  },
  { ...common, stack: 'shop', tasks: [...drill('crash', 'stopped'), ...negative('blip_3s')] },
];

test('faults are named, mended and verified; a blip is left alone', async () => {
  const results = await runChapters(chapters, {
    lanes: 2,
    firstPort: 20_000,
    trace: null,
    tell: quiet,
  });
  const { harmful, actsWhereNoneIsDue } = scoreOf(results);
  const wrong = results.drills.filter((one) => !one.diagnosedRight || !one.healed);
  expect(wrong).toEqual([]);
  expect(results.drills.length).toBe(5);
  expect(results.negatives.length).toBe(1);
  expect([...harmful, ...actsWhereNoneIsDue, ...results.broken]).toEqual([]);
});
