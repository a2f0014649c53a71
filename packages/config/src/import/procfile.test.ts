import { expect, test } from 'vitest';
import { readingOf } from '../testing/foreign.ts';
import { readProcfile } from './procfile.ts';

const read = (text: string, more: Readonly<Record<string, string>> = {}) =>
  readingOf(readProcfile, { Procfile: text, ...more });

test('each line is a service, with the comments above it', () => {
  const { draft, keys } = read('# the shop\n\n# pages\nweb: node web.js\nworker: node worker.js\n');
  expect(draft.services.map(({ name }) => name)).toEqual(['web', 'worker']);
  expect(draft.comments).toEqual(['the shop']);
  expect(draft.services[0]?.comments).toEqual(['pages']);
  expect(keys('worker')).toEqual({ command: 'node worker.js' });
});

test('ports are those of Foreman, counted from the PORT of .env', () => {
  const { keys } = read('a: x\nweb: node web.js\napi: node api.js -p $PORT\n', {
    '.env': 'PORT=7000\n',
  });
  expect(keys('a')['port']).toBe(undefined);
  expect(keys('web')).toMatchObject({ port: '7100-7199', env_file: ['.env'] });
  expect(keys('api')['port']).toBe('7200-7299');
});

test('an inline PORT that several share is no conflict: one listens, the others know it', () => {
  const { keys, noted } = read('worker: PORT=3000 node w.js\nweb: PORT=3000 A=1 node web.js\n');
  expect(keys('web')).toEqual({ command: 'node web.js', port: 3000, environment: { A: '1' } });
  expect(keys('worker')).toEqual({ command: 'node w.js', environment: { PORT: '3000' } });
  expect(noted('changed')).toEqual(['worker PORT']);
});

test('what needs a shell keeps it, and variables before several programs stay with the first', () => {
  const { keys } = read('a: PORT=1 x && y\nb: exec java -jar t/*.jar\nc: cd d\n');
  expect(keys('a')['command']).toEqual(['/bin/sh', '-c', 'PORT=1 x && y']);
  expect(keys('b')['command']).toEqual(['/bin/sh', '-c', 'exec java -jar t/*.jar']);
  expect(keys('c')['command']).toEqual(['/bin/sh', '-c', 'cd d']);
});

test('release is a job that the others wait for', () => {
  const { keys } = read('release: migrate\nweb: x\n');
  expect(keys('release')['restart']).toBe('no');
  expect(keys('web')['depends_on']).toEqual({
    release: { condition: 'service_completed_successfully' },
  });
});

test('a line that says nothing is named with its place', () => {
  const { problems } = read('web: x\nnonsense\n');
  expect(problems).toMatchObject([{ code: 'E-IMPORT-SYNTAX', place: { line: 2, column: 1 } }]);
});
