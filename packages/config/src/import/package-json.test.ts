import { expect, test } from 'vitest';
import { readingOf } from '../testing/foreign.ts';
import { readPackageJson } from './package-json.ts';

const read = (root: unknown, more: Readonly<Record<string, string>> = {}) =>
  readingOf(readPackageJson, { 'package.json': JSON.stringify(root), ...more });

test('start is the service; other scripts are kept and named', () => {
  const { draft, keys, noted } = read({
    name: '@shop/api',
    scripts: { start: 'PORT=3000 node api.js', prestart: 'x', build: 'tsc' },
  });
  expect(draft.name).toBe('api');
  expect(keys('api')).toEqual({
    command: 'npm run start',
    port: { prefer: [3000], fallback: false },
  });
  expect(noted('kept')).toEqual(['scripts.build']);
  expect(draft.kept).toMatchObject({ scripts: { build: 'tsc' } });
});

test('programs that run side by side are a service each', () => {
  const { draft, keys, noted } = read(
    {
      scripts: {
        dev: 'concurrently -k -n site,back -c red,blue "npm:dev:web" "npm run dev:api" "vite --host"',
        'dev:web': 'vite',
        'dev:api': 'node api.js',
      },
    },
    { 'pnpm-lock.yaml': '' },
  );
  expect(draft.services.map(({ name }) => name)).toEqual(['site', 'back', 'vite']);
  expect(keys('back')['command']).toBe('pnpm run dev:api');
  expect(keys('vite')['command']).toBe('pnpm exec vite --host');
  expect(noted('kept')).toEqual(['scripts.dev -k']);
});

test('wildcards and npm-run-all', () => {
  const scripts = { start: 'run-p start:*', 'start:a': 'x', 'start:b': 'y', 'start:b:c': 'z' };
  expect(read({ scripts }).draft.services.map(({ name }) => name)).toEqual(['a', 'b']);
});

test('packages of a workspace where the root runs nothing', () => {
  const { draft, keys } = read(
    { workspaces: ['p/*'] },
    { 'p/one/package.json': '{"name":"one","scripts":{"start":"x"}}' },
  );
  expect(draft.services.map(({ name }) => name)).toEqual(['one']);
  expect(keys('one')['working_dir']).toBe('p/one');
});
