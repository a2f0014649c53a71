import { equal } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'vitest';
import { readProcessStat } from '@fettle/proc/process-stat';
import { pauseMs } from './pause.ts';
import { processLives } from './process-lives.ts';

test('a process that ended and was not collected yet does not live', async () => {
  // `exec` makes sleep the parent of a child that it will never wait for; the child outlives the
  // shell, which might have collected it.
  const script = 'sleep 0.3 & echo $!; exec sleep 60';
  const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    const endMs = performance.now() + 5_000;
    while (readProcessStat(pid)?.state !== 'Z' && performance.now() < endMs)
      await pauseMs(5, new AbortController().signal);
    equal(readProcessStat(pid)?.state, 'Z');
    equal(processLives(pid), false);
    equal(processLives(parent.pid ?? 0), true);
  } finally {
    const ended = once(parent, 'exit');
    parent.kill('SIGKILL');
    await ended;
  }
  equal(processLives(parent.pid ?? 0), false);
});
