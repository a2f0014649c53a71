/** A line leaves a queue without a lost one, whoever goes on writing. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { write } from './action-rig.kit.ts';
import { blankLine, findLine, restoreLine, seenLine } from './job-lines.ts';
import { openKeptBytes, type KeptBytes } from './kept-bytes.ts';

let dir: string;
let file: string;
let kept: KeptBytes;
const text = '{"id": 1}\nplain words\n{"id": "two"}\n';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-lines-'));
  file = write(join(dir, 'queue'), text, 0o640);
  kept = openKeptBytes(dir);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const read = (path = file) => readFileSync(path, 'utf8');
const find = (job: string) => {
  const { line } = findLine(file, job) ?? {};
  if (line === undefined) throw new TypeError(`no ${job}`);
  return line;
};

test('by its text, or by the id in it', () => {
  expect(find('plain words').offset).toBe(10);
  expect(find('1').offset).toBe(0);
  expect(find('two').offset).toBe(22);
  expect(findLine(file, 'three')).toBeNull();
  expect(findLine(file, '')).toBeNull();
});
test('a line that is still being written is none', () => {
  appendFileSync(file, 'half');
  expect(findLine(file, 'half')).toBeNull();
});
test('what others append meanwhile stays', () => {
  const line = find('plain words');
  blankLine(line, kept);
  appendFileSync(file, 'new job\n');
  expect(read()).toBe(`{"id": 1}\n${' '.repeat(11)}\n{"id": "two"}\nnew job\n`);
  expect(read(`${file}.dead-letter`)).toBe('plain words\n');
  restoreLine(line, kept);
  expect(read()).toBe(`${text}new job\n`);
  expect(read(`${file}.dead-letter`)).toBe('');
});
test('cut off between the two writes, it is there twice and set aside once', () => {
  const line = find('two');
  appendFileSync(`${file}.dead-letter`, '{"id": "two"}\n');
  expect(seenLine(line)).toBe('not-done');
  blankLine(line, kept);
  expect(read(`${file}.dead-letter`)).toBe('{"id": "two"}\n');
  expect(seenLine(line)).toBe('done');
});
test('another line at that place is left alone', () => {
  const line = find('plain words');
  write(file, text.replace('plain', 'other'));
  expect(() => blankLine(line, kept)).toThrow(/another one now/);
  expect(() => restoreLine(line, kept)).toThrow(/something else/);
  expect(seenLine(line)).toBe('unknown');
});
