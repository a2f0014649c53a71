import { equal, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'vitest';
import { isLive, isSameLive, parseProcessStat, readProcessStat } from './process-stat.ts';

test('our own process is read with parent, threads and memory', () => {
  const stat = readProcessStat(process.pid);
  equal(stat?.pid, process.pid);
  equal(stat?.ppid, process.ppid);
  ok((stat?.threads ?? 0) >= 1);
  ok((stat?.rssBytes ?? 0) > 10_000_000);
  ok(isSameLive(process.pid, stat?.startTicks ?? 0));
});

test('a reused pid is not the same process', () => {
  equal(isSameLive(process.pid, (readProcessStat(process.pid)?.startTicks ?? 0) + 1), false);
});

test('a name with spaces and parentheses does not shift the fields', () => {
  const rest = Array.from({ length: 40 }, (_, at) => at).join(' ');
  const stat = parseProcessStat(`42 (a) b (c) S ${rest}`);
  equal(stat?.name, 'a) b (c');
  equal(stat?.state, 'S');
  equal(stat?.ppid, 0);
  equal(stat?.startTicks, 18);
});

test('text that is no stat is none', () => {
  equal(parseProcessStat('rubbish'), null);
  equal(parseProcessStat('1 (x) S 1 2'), null);
});

test('no process is null and not live', () => {
  equal(readProcessStat(2 ** 30), null);
  equal(isLive(null), false);
});

test('a zombie is dead', async () => {
  // The shell's child ends once the shell has turned into sleep, which never collects it.
  const text = 'sleep 0.3 & echo $!; exec sleep 100';
  const shell = spawn('sh', ['-c', text], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [chunk] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  const untilMs = performance.now() + 5_000;
  while (readProcessStat(pid)?.state !== 'Z' && performance.now() < untilMs)
    await new Promise((resolve) => setImmediate(resolve));
  const stat = readProcessStat(pid);
  equal(stat?.state, 'Z');
  equal(isLive(stat), false);
  shell.kill('SIGKILL');
});
