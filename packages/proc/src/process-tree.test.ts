import { deepEqual, equal, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, test } from 'vitest';
import {
  readArguments,
  readCommand,
  readRunToken,
  readVariable,
  readWorkingDir,
  runningForMs,
} from './process-command.ts';
import { countOpenFiles, listOpenFiles } from './open-files.ts';
import { listProcesses, listRunTokens, processesOfRun, processTree } from './process-tree.ts';

let child: ChildProcess | null = null;
const members: number[] = [];
afterEach(() => {
  for (const pid of members.splice(0)) process.kill(pid, 'SIGKILL');
  child?.kill('SIGKILL');
});

/** A shell with one plain child and one in a session of its own. */
async function startTree(token: string): Promise<Readonly<{ plain: number; apart: number }>> {
  const text = 'sleep 100 & echo $!; setsid sleep 100 & echo $!; echo end; exec sleep 100';
  child = spawn('sh', ['-c', text], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'] ?? '', XFETTLE_RUN: 'no', FETTLE_RUN: token, EMPTY: '' },
  });
  let output = '';
  while (!output.includes('end')) {
    const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
    output += chunk.toString();
  }
  const [plain = 0, apart = 0] = output.split('\n').map(Number);
  members.push(plain, apart);
  return { plain, apart };
}

test('a run is found by its token, children in other sessions included', async () => {
  const { plain, apart } = await startTree('epoch-tree-1');
  const pid = child?.pid ?? 0;
  const found = processesOfRun('epoch-tree-1');
  deepEqual(
    [pid, plain, apart].map((one) => found.has(one)),
    [true, true, true],
  );
  equal(found.has(process.pid), false);
  equal(listRunTokens().get(apart), 'epoch-tree-1');
  equal(listProcesses().get(plain)?.ppid, pid);
});

test('a tree is found by parents', async () => {
  const { plain } = await startTree('epoch-tree-2');
  ok(processTree(child?.pid ?? 0).has(plain));
  equal(processTree(2 ** 30).size, 0);
});

test('a group belongs to a run also without the token', async () => {
  const { plain } = await startTree('epoch-tree-3');
  ok(processesOfRun('another-token', [child?.pid ?? 0]).has(plain));
});

test('the environment is read by whole names', async () => {
  const { plain } = await startTree('epoch-tree-4');
  equal(readRunToken(plain), 'epoch-tree-4');
  equal(readVariable(plain, 'EMPTY'), '');
  equal(readVariable(plain, 'ETTLE_RUN'), null);
  equal(readVariable(2 ** 30, 'PATH'), null);
});

test('command, folder, age and descriptors are read', async () => {
  const { plain } = await startTree('epoch-tree-5');
  const untilMs = performance.now() + 5_000;
  while (readCommand(plain) !== 'sleep 100' && performance.now() < untilMs)
    await new Promise((resolve) => setImmediate(resolve));
  deepEqual(readArguments(plain), ['sleep', '100']);
  equal(readCommand(plain, 6), 'sleep…');
  equal(readWorkingDir(plain), '/');
  const ageMs = runningForMs(plain) ?? -1;
  ok(ageMs >= 0 && ageMs < 20_000);
  ok((countOpenFiles(plain) ?? 0) >= 3);
  equal(listOpenFiles(plain)?.find(({ fd }) => fd === 0)?.target, '/dev/null');
});

test('a process that is gone reads as null', () => {
  const gone = 2 ** 30;
  deepEqual(
    [readArguments(gone), readCommand(gone), readWorkingDir(gone), runningForMs(gone)],
    [null, null, null, null],
  );
  deepEqual([countOpenFiles(gone), listOpenFiles(gone)], [null, null]);
});
