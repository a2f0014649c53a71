import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'vitest';
import type { LogLine } from '@fettle/sdk/api/documents';
import { FettleError } from '@fettle/sdk/fettle-error';
import { aLine } from '../controller.kit.ts';
import { logTexts, type LogForm } from './log-texts.ts';

type Source = () => AsyncGenerator<readonly LogLine[]>;

async function check(form: LogForm, source: Source, expected: (pieces: string[]) => void) {
  const pieces: string[] = [];
  const options = { form, abort: new AbortController().signal, beatMs: 5 };
  for await (const piece of logTexts(source(), options)) pieces.push(piece);
  expected(pieces);
}

const line = aLine('one');
async function* two() {
  yield [line];
  yield [{ ...line, kind: 'boundary', offset: 7 } as const, { ...line, instance: 'api.2' }];
}
async function* failing() {
  yield [line];
  throw new FettleError('E-GREP-SLOW', 'takes too long', { hint: 'less' });
}
async function* slow() {
  yield [line];
  for (const endMs = performance.now() + 30; performance.now() < endMs;) await turn();
}
async function* many() {
  for (let at = 0; at < 1_000; at += 1) yield [line];
}

test('a document holds all lines', () =>
  check('json', two, (pieces) => {
    deepEqual(JSON.parse(pieces.join('')).lines.length, 3);
  }));
test('a document without lines is one', () =>
  check(
    'json',
    async function* () {},
    (pieces) => deepEqual(JSON.parse(pieces.join('')).lines, []),
  ));
test('an event carries the places of all instances so far', () =>
  check('sse', two, (pieces) => {
    const ids = pieces.join('').match(/^id: .*$/gm);
    deepEqual(ids, ['id: e1-1/0', 'id: e1-1/7/boundary', 'id: e1-1/7/boundary,e1-1/0']);
  }));
test('a failure on the way is told in the stream', async () => {
  await check('ndjson', failing, (pieces) => {
    const [first, problem] = pieces.join('').trim().split('\n');
    equal(JSON.parse(first!).text, 'one');
    equal(JSON.parse(problem!).code, 'E-GREP-SLOW');
  });
  await check('sse', failing, (pieces) => match(pieces.join(''), /event: problem\ndata: {/));
});
test('a quiet answer beats, and stays what it is', async () => {
  await check('json', slow, (pieces) => {
    ok(pieces.includes('\n'), JSON.stringify(pieces));
    equal(JSON.parse(pieces.join('')).lines.length, 1);
  });
});
test('lines go out many at a time', () =>
  check('ndjson', many, (pieces) => {
    equal(pieces.join('').trim().split('\n').length, 1_000);
    ok(pieces.length < 400, `${pieces.length} pieces`);
  }));
