import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { actionSpecs } from '@fettle/core/loop/plan/action-specs';
import { signatureOf } from '@fettle/core/loop/plan/expression/check';
import { typeWords } from '@fettle/core/loop/plan/expression/value-type';
import { allFacts } from '@fettle/core/loop/plan/facts/all';
import { readRunbook } from '@fettle/core/loop/plan/read-runbook';
import { runbookJsonSchema, runbookKeys } from '@fettle/core/loop/plan/reading/runbook-keys';
import { ProblemSink } from '@fettle/config/problem/problem';
import { parseYaml } from '@fettle/config/source/parse-yaml';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../../..');
const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');
/** Rows of all tables whose first cell is code. */
const rows = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim()));
const section = (name: string, title: string) =>
  rows(page(name).split(`## ${title}\n`)[1]?.split(/\n## /)[0] ?? '');
const blocks = [...page('runbooks.md').matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(
  ([, text = '']) => (text.includes('name:') ? [text] : []),
);

test('docs/expressions.md tells every fact as the code does', () => {
  const told = ['picture', 'a look at the world'].flatMap((source) =>
    section('expressions.md', `Facts from ${source === 'picture' ? 'the picture' : source}`),
  );
  const wanted = [...allFacts.values()].map((fact) => [
    `\`${signatureOf(fact)}\``,
    typeof fact.result === 'function' ? 'as its unit says' : typeWords(fact.result),
    fact.about,
    `\`${fact.example}\``,
  ]);
  const order = (one: readonly (readonly string[])[]) =>
    one.map((row) => row.join(' | ')).toSorted();
  expect(order(told.map((row) => row.slice(1, 5)))).toEqual(order(wanted));
});
test('docs/runbooks.md tells every action and every key as the code does', () => {
  const actions = section('runbooks.md', 'What an action is').map((row) => row.slice(1, 6));
  expect(actions).toEqual(
    [...actionSpecs.values()].map(({ name, params, risk, irreversible, summary }) => {
      const takes = Object.entries(params).map(
        ([key, { required }]) => `${key}${required ? '' : '?'}`,
      );
      const back = irreversible === null ? 'yes' : `no: ${irreversible}`;
      return [
        `\`${name}\``,
        takes.length === 0 ? '' : `\`${takes.join(', ')}\``,
        risk,
        back,
        summary,
      ];
    }),
  );
  expect(section('runbooks.md', 'Every key').map((row) => row.slice(1, 3))).toEqual(
    Object.entries(runbookKeys).map(([key, { about }]) => [`\`${key}\``, about]),
  );
});
test('the runbooks of the page can be used as they stand', () => {
  expect(blocks).toHaveLength(3);
  for (const text of blocks) {
    const sink = new ProblemSink();
    const tree = parseYaml({ path: '/x', name: 'x', baseDir: '/', text }, sink);
    const problems = tree === null ? ['no tree'] : readRunbook(tree, 'page').problems;
    expect([text, problems]).toEqual([text, []]);
  }
});

const fits = new Ajv2020({ allowUnionTypes: true }).compile(runbookJsonSchema());
test('the schema for editors takes what the reader takes', () => {
  const folder = join(import.meta.dirname, '../../runbooks');
  const shipped = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  for (const text of [...shipped, ...blocks]) {
    fits(parse(text));
    expect([text, fits.errors]).toEqual([text, null]);
  }
});
test('the schema for editors refuses slips', () => {
  const good = { name: 'x', diagnosis: 'hang', step: 'service.restart', verify: 'true' };
  expect(fits(good)).toBe(true);
  for (const slip of [
    { verfy: 'true' },
    { diagnosis: 'hagn' },
    { step: 'service.restrt' },
    { step: { action: 'service.restart', with: { traget: 'x' } } },
    { risk: { base: 'hgh' } },
    { limits: { max_runs: { count: 3 } } },
  ])
    expect([slip, fits({ ...good, ...slip })]).toEqual([slip, false]);
});
