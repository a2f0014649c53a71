/** Notes of acts outlive us, fit their slots, and are refused rather than lost. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDeeds } from './deeds.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-deeds-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const file = () => join(dir, 'deeds.log');

test('what was begun and what ended is known to the next', () => {
  const deeds = openDeeds(dir);
  deeds.begin('a');
  deeds.begin('b');
  deeds.end('b', 'done', 'it is so');
  const next = openDeeds(dir);
  expect([next.state('a'), next.state('b'), next.state('c')]).toEqual(['begun', 'done', 'none']);
  expect(next.detail('b')).toBe('it is so');
});

test('the file has its size from the start, and keeps it', () => {
  const deeds = openDeeds(dir);
  const { size } = statSync(file());
  for (let at = 0; at < 600; at += 1) {
    deeds.begin(`key-${at}`);
    deeds.end(`key-${at}`, 'failed', 'x'.repeat(2_000));
  }
  expect(statSync(file()).size).toBe(size);
  const next = openDeeds(dir);
  expect([next.state('key-599'), next.state('key-89'), next.state('key-87')]).toEqual([
    'failed',
    'failed',
    'none',
  ]);
  next.begin('one more');
  expect(openDeeds(dir).state('key-599')).toBe('failed');
  expect(openDeeds(dir).state('one more')).toBe('begun');
});

test('a long key and words in other scripts fit', () => {
  const deeds = openDeeds(dir);
  const key = 'k'.repeat(5_000);
  deeds.begin(key);
  deeds.end(key, 'done', '\u{1f642}'.repeat(200));
  const next = openDeeds(dir);
  expect(next.state(key)).toBe('done');
  expect(next.state(`${key}x`)).toBe('none');
});

test('a slot that a crash tore reads as none, the others stand', () => {
  const deeds = openDeeds(dir);
  deeds.begin('a');
  deeds.begin('b');
  const text = readFileSync(file(), 'utf8');
  writeFileSync(file(), text.replace('{"key":"a"', '{"ke##:"a"'));
  const next = openDeeds(dir);
  expect([next.state('a'), next.state('b')]).toEqual(['none', 'begun']);
});

test('what cannot be noted must not be done; later it can', () => {
  mkdirSync(file());
  const deeds = openDeeds(dir);
  expect(() => deeds.begin('a')).toThrow(/cannot be noted/);
  rmSync(file(), { recursive: true });
  deeds.begin('a');
  expect(openDeeds(dir).state('a')).toBe('begun');
});
