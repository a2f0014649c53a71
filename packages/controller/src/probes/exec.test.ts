/** Exec probes run real commands, and leave none behind. */
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { listProcesses } from '@fettle/proc/process-tree';
import { expect, test } from 'vitest';
import { openProbe } from './all.ts';
import { place, run } from './probe.contract.ts';

const exec = (...command: string[]) => run({ kind: 'exec', command }, place, 1_500);
test('exit 0 is up', async () => expect(await exec('true')).toMatchObject({ ok: true }));
test('another exit is down with its last line', async () =>
  expect(await exec('sh', '-c', 'echo one; echo two >&2; exit 3')).toEqual({
    ok: false,
    detail: 'exit 3: two',
    answer: 'answered',
  }));
test('124 is how timeout(1) says silence', async () =>
  expect(await exec('sh', '-c', 'exit 124')).toMatchObject({ answer: 'silent' }));
test('a missing command is named', async () =>
  expect(await exec('no-such-command-here')).toMatchObject({
    ok: false,
    detail: 'cannot run no-such-command-here: ENOENT',
  }));
test('the environment is the service’s', async () =>
  expect(await exec('sh', '-c', '[ "$COLOUR" = green ]')).toMatchObject({ ok: true }));
test('endless output is not kept', async () =>
  expect(await exec('sh', '-c', 'yes | head -c 3000000; exit 1')).toMatchObject({ ok: false }));
test('the deadline kills the whole group', async () => {
  const script = 'sleep 60 & echo $! ; wait';
  const open = openProbe({ kind: 'exec', command: ['sh', '-c', script] }, place, () => {});
  const seen = await open.run(300);
  expect(seen).toMatchObject({ ok: false, answer: 'silent' });
  const left = [...listProcesses().values()].filter(
    ({ name, ppid }) => name === 'sleep' && ppid === process.pid,
  );
  expect(left.every(({ pid }) => !isLive(readProcessStat(pid)))).toBe(true);
});
test('what it leaves in the background dies with it', async () => {
  const open = openProbe(
    { kind: 'exec', command: ['sh', '-c', 'sleep 60 >/dev/null 2>&1 & echo pid $!; exit 1'] },
    place,
    () => {},
  );
  const { detail } = await open.run(1_500);
  const pid = Number(/pid (\d+)/.exec(detail)?.[1]);
  expect(pid).toBeGreaterThan(1);
  await expect.poll(() => isLive(readProcessStat(pid)), { timeout: 2_000 }).toBe(false);
});
