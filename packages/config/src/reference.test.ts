import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from './json-schema.ts';
import { ignoredServiceKeys, ignoredStackKeys } from './keys/ignored-keys.ts';
import { keyGroups } from './keys/reference.ts';
import { checkStack } from './load-stack.ts';
import type { JsonSchema } from './shape/shape.ts';
import { stackFolders } from './testing/stack-folder.ts';

const page = readFileSync(new URL('../../../docs/config.md', import.meta.url), 'utf8');
const { folder, remove } = stackFolders();
afterAll(remove);

type Row = Readonly<{ key: string; whose: string; meaning: string; example: string }>;

const cells = (line: string): readonly string[] =>
  line.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());

function rowsOf(title: string): readonly Row[] {
  const section = page.split(`### ${title}\n`)[1]?.split(/\n##/)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map(cells)
    .map(([, key = '', whose = '', meaning = '', example = '']) => ({
      key: key.replaceAll('`', ''),
      whose,
      meaning,
      example: example.replace(/^`|`$/g, ''),
    }));
}

/** Paths of all keys that the schema knows, without those that are ignored. */
function schemaKeys(schema: JsonSchema, found = new Set<string>()): ReadonlySet<string> {
  for (const [word, value] of Object.entries(schema)) {
    if (word === 'properties')
      for (const [key, inner] of Object.entries(value as Record<string, JsonSchema>)) {
        const ignored = String(inner['description']).startsWith('Compose. Ignored');
        if (!ignored) found.add(key);
        schemaKeys(inner, found);
      }
    else if (Array.isArray(value))
      for (const item of value) if (typeof item === 'object') schemaKeys(item as JsonSchema, found);
    if (
      word !== 'properties' &&
      value !== null &&
      typeof value === 'object' &&
      !Array.isArray(value)
    )
      schemaKeys(value as JsonSchema, found);
  }
  return found;
}

describe('docs/config.md', () => {
  test.each(Object.keys(keyGroups))('explains each key: %s', (title) => {
    const expected = Object.entries(keyGroups[title]!).map(([key, { about, from }]) => ({
      key,
      whose: from === 'compose' ? 'Compose' : 'Fettle',
      meaning: expect.stringContaining(about),
      example: expect.stringMatching(new RegExp(`^${key}:`)),
    }));
    expect(rowsOf(title)).toEqual(expected);
  });
  test('no key of the schema is left out', () => {
    const documented = new Set(Object.values(keyGroups).flatMap(Object.keys));
    const silent = [...schemaKeys(configJsonSchema())].filter((key) => !documented.has(key));
    // These three are explained where their parent stands.
    expect(
      silent.filter((key) => !['limits', 'reservations', 'soft', 'hard'].includes(key)),
    ).toEqual([]);
  });
  test('names each key that is ignored', () => {
    for (const key of [...ignoredServiceKeys, ...ignoredStackKeys])
      expect(page).toContain(`\`${key}\``);
  });
  test('its examples are read without a problem', () => {
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((block) => block[1] ?? '');
    expect(blocks.length).toBeGreaterThan(0);
    for (const text of blocks)
      expect(checkStack({ dir: folder({ 'fettle.yaml': text }), env: {} }).problems).toEqual([]);
  });
  test('the example of each key of a service is read without a problem', () => {
    const needs: Readonly<Record<string, string>> = {
      external: 'url: http://x:1',
      url: 'external: true',
      health: 'port: 1',
      command: '',
      extends: 'profiles: []',
    };
    for (const { key, example } of rowsOf('A service')) {
      const command = ['command', 'build'].includes(key) ? '' : '    command: x\n';
      const more = needs[key] === undefined || needs[key] === '' ? '' : `    ${needs[key]}\n`;
      const text = `services:\n  a:\n${command}${more}    ${example}\n  db: {command: x}\nports: {reserved: {web: 1-2}}\n`;
      const dir = folder({
        'fettle.yaml': text.replace('1-2', '60000-60001'),
        'base.yaml': 'services: {node: {command: x}}',
      });
      mkdirSync(join(dir, 'api'));
      writeFileSync(join(dir, '.env.api'), '');
      expect(checkStack({ dir, env: {} }).problems).toEqual([]);
    }
  });
});

describe('the JSON Schema', () => {
  const validate = new Ajv2020({ strict: false }).compile(configJsonSchema());
  test('is valid and accepts the example of the page', () => {
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    expect(validate(parse(text)) ? [] : validate.errors).toEqual([]);
  });
  test('lets a variable stand for a number', () => {
    expect(
      validate({ services: { a: { command: 'x', port: '${PORT}', mem_limit: '${M}' } } }),
    ).toBe(true);
  });
  test('refuses an unknown key and a wrong kind', () => {
    expect(validate({ services: { a: { comand: 'x' } } })).toBe(false);
    expect(validate({ services: { a: { command: 'x', environment: 3 } } })).toBe(false);
    expect(validate({ services: ['a'] })).toBe(false);
  });
});
