/** Looking at real processes that are stopped, busy, waiting or gone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { readProcessStat } from '@fettle/proc/process-stat';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keepEvidence } from './evidence-file.ts';
import { examineRun } from './examine.ts';
import { sampleRun } from './hang-sample.ts';

let stateDir: string;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'fettle-exam-'));
});
afterAll(() => rm(stateDir, { recursive: true, force: true }));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(script: string): ChildProcess {
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, FETTLE_RUN: 'exam-1' },
  });
  children.push(child);
  return child;
}
const said = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => {
    child.stdout?.once('data', resolve);
  });

function examine(pid: number, before: boolean) {
  const view = {
    instance: 'api.1',
    token: 'exam-1',
    pid,
    shimPid: null,
  } as unknown as InstanceView;
  return examineRun({
    view,
    check: 'health',
    finding: {
      ok: false,
      detail: 'no answer in 2s',
      durationMs: 1,
      attested: null,
      answer: 'silent',
    },
    stateDir,
    before: before ? sampleRun(view) : null,
    lastLines: () => Promise.resolve(['the last line']),
  });
}

test('a busy loop is called one, with its evidence', async () => {
  const child = start('console.log(1); setImmediate(() => { for (;;); })');
  await said(child);
  const exam = await examine(child.pid ?? 0, false);
  expect(exam).toMatchObject({ process: 'running', verdict: expect.stringMatching(/^busy loop/) });
  const text = await readFile(join(stateDir, exam.evidence ?? ''), 'utf8');
  expect(text).toContain('check health: no answer in 2s');
  expect(text).toContain('the last line');
  expect(text).toMatch(/-- threads[^]*-- kernel stack[^]*-- open files\n0 /);
});

test('a deadlock is called waiting, and where', async () => {
  const script =
    'console.log(1); setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 1)';
  const child = start(script);
  await said(child);
  const exam = await examine(child.pid ?? 0, false);
  expect(exam.verdict).toMatch(/^not running: pid \d+ \(\w+\) waits in /);
});

test('a stopped process is seen as such, and nothing is written', async () => {
  const child = start('console.log(1); setInterval(() => {}, 1000)');
  await said(child);
  child.kill('SIGSTOP');
  await expect.poll(() => readProcessStat(child.pid ?? 0)?.state).toBe('T');
  expect(await examine(child.pid ?? 0, true)).toMatchObject({ process: 'stopped', evidence: null });
});

test('one that ended is gone', async () => {
  const child = start('');
  await new Promise((resolve) => {
    child.once('exit', resolve);
  });
  expect(await examine(child.pid ?? 0, true)).toMatchObject({ process: 'gone' });
});

test('evidence is bounded in size and number', async () => {
  const folder = join(stateDir, 'evidence');
  for (let i = 0; i < 60; i += 1) await keepEvidence(stateDir, `2020-${100 + i}.txt`, 'x');
  expect(await readdir(folder)).toHaveLength(50);
  const path = await keepEvidence(stateDir, '2999.txt', 'x'.repeat(2_000_000));
  expect((await readFile(join(stateDir, path ?? ''))).length).toBe(1_048_576);
});

test('a state folder that cannot be written holds nothing up', async () => {
  const file = join(stateDir, 'a-file');
  await writeFile(file, '');
  expect(await keepEvidence(file, 'x.txt', 'x')).toBeNull();
});
