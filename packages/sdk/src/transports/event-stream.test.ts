import { expect, test } from 'vitest';
import { readEvents, readLines } from './event-stream.ts';

async function* cut(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const check = async (text: string, expected: unknown[]): Promise<void> => {
  for (const size of [1, 2, 3, 7, 1_000])
    expect(await collect(readEvents(cut(text, size)))).toEqual(expected);
};

test('a message has its id, its event and its data joined by line breaks', () =>
  check('id: 7\nevent: log\ndata: a\ndata: b\n\n', [{ id: '7', event: 'log', data: 'a\nb' }]));

test('an id stays for later messages', () =>
  check('id: 7\ndata: a\n\ndata: b\n\n', [
    { id: '7', event: 'message', data: 'a' },
    { id: '7', event: 'message', data: 'b' },
  ]));

test('a comment is a sign of life and no message', () => check(': beat\n\n', [null]));

test('all three line ends are understood, wherever a chunk ends', () =>
  check('data: a\r\n\r\ndata: b\r\rdata: c\n\n', [
    { id: null, event: 'message', data: 'a' },
    { id: null, event: 'message', data: 'b' },
    { id: null, event: 'message', data: 'c' },
  ]));

test('a message that is not finished is dropped', () => check('data: a\n', []));

test('lines come without their end, the unfinished one not at all', async () => {
  expect(await collect(readLines(cut('{"a":1}\n{"b":2}\nhal', 4)))).toEqual(['{"a":1}', '{"b":2}']);
});
