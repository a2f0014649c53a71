import { expect, test } from 'vitest';
import { readingOf } from '../testing/foreign.ts';
import type { Plain } from './draft.ts';
import { readPm2 } from './pm2.ts';

const read = (value: Plain, text = '', env: Readonly<Record<string, string>> = {}) =>
  readingOf(readPm2, { 'ecosystem.config.js': text }, { value, env });

test('an app becomes a service; what has no word here is kept and named', () => {
  const { keys, kept, noted } = read({
    apps: [
      {
        name: 'api',
        script: 'dist/api.js',
        args: '--name "a b"',
        node_args: '--inspect',
        cwd: '/srv',
        env: { PORT: 3000, LOG: 'info' },
        max_memory_restart: '300M',
        kill_timeout: 5000,
        error_file: 'err.log',
        frobnicate: [1],
      },
    ],
    deploy: { production: {} },
  });
  expect(keys('api')).toEqual({
    command: ['node', '--inspect', 'dist/api.js', '--name', 'a b'],
    working_dir: '/srv',
    port: 3000,
    environment: { LOG: 'info' },
    stop_signal: 'SIGINT',
    stop_grace_period: '5000ms',
    mem_limit: '300m',
  });
  expect(kept('api')).toEqual({ error_file: 'err.log', frobnicate: [1] });
  expect(noted('kept')).toEqual(['api error_file', 'api frobnicate', 'deploy']);
});

test('instances and cluster mode: a port for each, and a note', () => {
  const { keys, noted } = read({
    apps: [
      { name: 'all', script: 'a.js', instances: 'max', exec_mode: 'cluster', env: { PORT: 80 } },
      { name: 'rest', script: 'a.js', instances: -1 },
    ],
  });
  expect(keys('all')).toMatchObject({ deploy: { replicas: 4 }, port: '80-83' });
  expect(keys('rest')['deploy']).toEqual({ replicas: 3 });
  expect(noted('changed')).toContain('all exec_mode');
});

test('values taken from the shell are not written out; what `...process.env` brings is dropped', () => {
  const { keys } = read(
    { apps: [{ name: 'a', script: 'a.js', env: { TOKEN: 's3cret', LANG: 'C', MODE: 'x' } }] },
    'env: { ...process.env, TOKEN: process.env.TOKEN, MODE: "x" }',
    { TOKEN: 's3cret', LANG: 'C', MODE: 'x' },
  );
  expect(keys('a')['environment']).toEqual({ TOKEN: null, MODE: 'x' });
});

test('the interpreter comes from the ending, or is told, or is a shell for several words', () => {
  const { keys } = read([
    { name: 'py', script: 'a.py' },
    { name: 'bin', script: './run', interpreter: 'none', args: ['x'] },
    { name: 'npm', script: 'npm', args: 'run start' },
    { name: 'shell', script: 'cd . && node a.js' },
  ]);
  expect(['py', 'bin', 'npm', 'shell'].map((name) => keys(name)['command'])).toEqual([
    'python3 a.py',
    './run x',
    'npm run start',
    ['bash', '-c', 'cd . && node a.js'],
  ]);
});

test('what PM2 watches is watched', () => {
  const { keys } = read([
    { name: 'a', script: 'a.js', watch: ['src'], ignore_watch: ['node_modules', '*.log'] },
    { name: 'b', script: 'b.js', watch: true },
    { name: 'c', script: 'c.js', watch: false },
  ]);
  expect(['a', 'b', 'c'].map((name) => keys(name)['watch'])).toEqual([
    { paths: ['src'], ignore: ['node_modules/**', '*.log'] },
    true,
    undefined,
  ]);
});

test('a single app without a list', () => {
  expect(read({ script: 'server.js' }).draft.services.map(({ name }) => name)).toEqual(['server']);
});
