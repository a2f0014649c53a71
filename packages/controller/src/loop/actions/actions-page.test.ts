/** docs/actions.md names what the code reads: every label, and every action without means. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lackingActions } from './lacking.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../../docs/actions.md'), 'utf8');

test('every label that an action reads is on the page, and no other', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(test|kit|contract)\.ts$/.test(name))
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
  const read = new Set(sources.flatMap((text) => text.match(/(?<=const label = ')[\w.]+/g) ?? []));
  const told = new Set(page.match(/\bfettle\.[a-z_]+/g));
  expect([...told].toSorted()).toEqual([...read].toSorted());
});
test('every action without means is named', () => {
  for (const { name } of lackingActions) expect(page).toContain(`\`${name}\``);
});
