import { expect, test } from 'vitest';
import {
  decideWatch,
  ECHO_MS,
  MAX_ECHOES,
  newWatchMemory,
  noteChange,
  RESTLESS_MS,
  type WatchMemory,
} from './watch-decision.ts';

const rule = { debounceMs: 300, action: 'restart' } as const;
const decide = (memory: WatchMemory, nowMs: number) => decideWatch(memory, rule, nowMs);

test('a change waits until nothing else changes', () => {
  const memory = newWatchMemory();
  expect(decide(memory, 0)).toEqual({ kind: 'rest' });
  noteChange(memory, '/a', 0);
  expect(decide(memory, 100)).toEqual({ kind: 'wait', forMs: 200 });
  noteChange(memory, '/b', 200);
  expect(decide(memory, 300)).toEqual({ kind: 'wait', forMs: 200 });
  expect(decide(memory, 500)).toEqual({ kind: 'act', files: ['/a', '/b'], count: 2 });
  expect(decide(memory, 501)).toEqual({ kind: 'rest' });
});
test('a burst of a thousand writes is one act', () => {
  const memory = newWatchMemory();
  const verdicts: string[] = [];
  for (let at = 0; at < 1_000; at += 1) {
    noteChange(memory, `/src/${at}`, at);
    verdicts.push(decide(memory, at).kind);
  }
  expect(new Set(verdicts)).toEqual(new Set(['wait']));
  const act = decide(memory, 1_300);
  expect(act).toMatchObject({ kind: 'act', count: 1_000 });
  expect(act.kind === 'act' && act.files.length).toBe(20);
});
test('what is written at each start is muted, and an edit still counts', () => {
  const memory = newWatchMemory();
  const kinds: string[] = [];
  for (let at = 0; at < 6; at += 1) {
    noteChange(memory, '/out', at * 1_000);
    kinds.push(decide(memory, at * 1_000 + 300).kind);
  }
  expect(kinds).toEqual(['act', 'act', 'act', 'mute', 'rest', 'rest']);
  expect(kinds.indexOf('mute')).toBe(MAX_ECHOES);
  noteChange(memory, '/src', 10_000);
  expect(decide(memory, 10_300)).toMatchObject({ kind: 'act', files: ['/src'] });
});
test('edits with time to look in between are no echo', () => {
  const memory = newWatchMemory();
  for (let at = 0; at < 10; at += 1) {
    const nowMs = at * (ECHO_MS + 500);
    noteChange(memory, '/src', nowMs);
    expect(decide(memory, nowMs + 300).kind).toBe('act');
  }
});
test('a file that never rests is muted, and the others go on', () => {
  const memory = newWatchMemory();
  noteChange(memory, '/src', 0);
  let muted = null;
  for (let at = 0; muted === null && at <= RESTLESS_MS + 1_000; at += 100) {
    noteChange(memory, '/busy', at);
    const verdict = decide(memory, at);
    if (verdict.kind === 'mute') muted = verdict;
  }
  expect(muted).toEqual({ kind: 'mute', why: 'restless', files: ['/busy'] });
  noteChange(memory, '/busy', 40_000);
  expect(decide(memory, 40_000)).toEqual({ kind: 'act', files: ['/src'], count: 1 });
});
