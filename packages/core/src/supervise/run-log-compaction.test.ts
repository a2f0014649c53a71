import { expect, test } from 'vitest';
import { compactRunLog, ENTRIES_KEPT } from './run-log-compaction.ts';
import { foldRunLog, type Memory } from './run-log-fold.ts';
import type { RunLogEntry } from './run-log.ts';
import { exitWith } from './stage.ts';

/** Only what decisions rest on: the line numbers differ, their order must not. */
const essence = (memory: Memory) => ({
  wanted: Object.fromEntries(memory.wanted),
  instances: Object.fromEntries(
    [...memory.instances].map(([id, one]) => [
      id,
      {
        port: one.port,
        movedSinceStart: one.last !== null && one.movedAtLine > one.last.line,
        restarts: one.restarts,
        byReason: one.restartsByReason,
        crashLoop: one.crashLoop,
        last: one.last?.intent.token,
        lastExit: one.lastExit,
        fresh: one.fresh,
      },
    ]),
  ),
});

function longLog(): readonly RunLogEntry[] {
  const log: RunLogEntry[] = [{ kind: 'daemon', epoch: 'e1', bootId: 'a', atMs: 0 }];
  for (let i = 0; i < 3_000; i += 1) {
    const instance = `s${i % 7}.1`;
    const token = `e1-${i}`;
    if (i % 50 === 0) log.push({ kind: 'port', instance, port: 8_000 + (i % 3) });
    log.push({
      kind: 'intent',
      token,
      instance,
      port: null,
      configHash: 'h',
      reason: i < 7 ? 'first-start' : 'crash',
      nowMs: i,
      atMs: i,
      crashLoop: i % 5 === 0,
    });
    log.push({ kind: 'started', token, shimPid: i, startTicks: i });
    if (i % 11 !== 0) log.push({ kind: 'ended', token, exit: exitWith(i % 4) });
    if (i % 400 === 0) log.push({ kind: 'reset', service: `s${i % 7}` });
    if (i % 500 === 0) log.push({ kind: 'settled', instance });
    if (i % 300 === 0) {
      const wish = { service: `s${i % 7}`, replicas: i % 3, actor: 'me' };
      log.push({ kind: 'wanted', wanted: 'stopped', ...wish });
    }
  }
  return log;
}

test('a compacted log is short and folds to the same decisions', () => {
  const log = longLog();
  const compact = compactRunLog(log, new Set(['e1-5']));
  expect(compact.length).toBeLessThan(ENTRIES_KEPT + 200);
  expect(essence(foldRunLog(compact))).toEqual(essence(foldRunLog(log)));
  expect(foldRunLog(compact).intents.has('e1-5')).toBe(true);
});

test('compacting twice changes nothing more', () => {
  const once = compactRunLog(longLog(), new Set());
  const twice = compactRunLog(once, new Set());
  expect(essence(foldRunLog(twice))).toEqual(essence(foldRunLog(once)));
});

test('a short log stays as it is', () => {
  const log = longLog().slice(0, 100);
  expect(compactRunLog(log, new Set())).toBe(log);
});
