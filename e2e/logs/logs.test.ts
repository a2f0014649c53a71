/** Logs from outside: real services, the real daemon, `./fettle logs`. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { tempStack, type TempStack } from '@fettle/cli/temp-stack.contract';

const stacks: TempStack[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) deepEqual(await stack.remove(), []);
});
function stackOf(files: Readonly<Record<string, string>>): TempStack {
  const stack = tempStack(files);
  stacks.push(stack);
  return stack;
}

const lineCount = 400_000;
/** Writes until all is out: a pipe or file may take less than it is given. */
const printer = `
  const { writeSync } = require('node:fs');
  for (let n = 0; n < ${lineCount}; n += 1)
    writeSync(1, (String(n).padStart(8, '0') + (n % 1000 === 7 ? ' ERROR ' : ' INFO ') + 'x'.repeat(120)).slice(0, 119) + '\\n');
`;
const flood = 'services:\n  printer:\n    command: node printer.cjs\n    restart: "no"\n';

function controllerOf(stack: TempStack): number {
  const text = readFileSync(join(stack.dir, '.fettle', 'daemon.json'), 'utf8');
  return (JSON.parse(text) as { controllerPid: number }).controllerPid;
}

/** The lines of the flood as `fettle logs` prints them: how many, and how many out of place. */
async function readBack(
  stack: TempStack,
  words: readonly string[],
  onLine: (count: number) => void = () => undefined,
): Promise<Readonly<{ count: number; broken: number }>> {
  const logs = stack.start('logs', 'printer', ...words);
  let count = 0;
  let broken = 0;
  for await (const each of createInterface({ input: logs.stdout! })) {
    if (each.startsWith('──')) continue;
    if (Number(each.slice(0, 8)) !== count || each.length !== 119) broken += 1;
    count += 1;
    onLine(count);
  }
  return { count, broken };
}

test('a flood is kept whole over rotation and a kill -9 of the controller', async () => {
  const stack = stackOf({ 'fettle.yaml': flood, 'printer.cjs': printer });
  equal((await stack.fettle('up', '-d')).code, 0);
  const folder = join(stack.dir, '.fettle', 'logs', 'printer.1');
  const spool = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.log'))!,
  );
  await until(() => statSync(spool).size > (lineCount * 120) / 3);
  process.kill(controllerOf(stack), 'SIGKILL');
  await until(() => statSync(spool).size === lineCount * 120);
  await until(() => readdirSync(folder).filter((name) => name.endsWith('.zst')).length >= 2);

  const whole = { count: lineCount, broken: 0 };
  deepEqual(await readBack(stack, ['-n', '1000000']), whole);
  let killed = 0;
  // A reader does not notice that its controller is gone, except by a pause.
  const killAgain = (count: number): void => {
    if (count < 50_000 || killed > 0) return;
    killed = controllerOf(stack);
    process.kill(killed, 'SIGKILL');
  };
  deepEqual(await readBack(stack, ['-n', 'all'], killAgain), whole);
  ok(killed > 0 && controllerOf(stack) !== killed, 'another controller answered the rest');
  deepEqual(await readBack(stack, ['--since', '1h']), whole);
  const errors = await stack.fettle('logs', 'printer', '-n', '1000000', '--level', 'error');
  equal(
    errors.stdout.split('\n').filter((line) => line.includes(' ERROR ')).length,
    lineCount / 1e3,
  );
}, 120_000);

const dying = `
  console.log('starting up');
  console.log(JSON.stringify({ level: 50, time: Date.now(), msg: 'no database', password: 'hunter2hunter2' }));
  setTimeout(() => process.exit(3), 300);
`;

test('runs are stitched, JSON is understood, secrets stay inside', async () => {
  const yaml = 'services:\n  api:\n    command: node dying.cjs\n';
  const stack = stackOf({ 'fettle.yaml': yaml, 'dying.cjs': dying });
  await stack.fettle('up', '-d', '--wait-timeout', '1s');
  const folder = join(stack.dir, '.fettle', 'logs', 'api.1');
  await until(() => readdirSync(folder).filter((name) => name.endsWith('.log')).length >= 3);
  const { stdout } = await stack.fettle('logs', 'api', '-n', '1000');
  match(stdout, /process ended: exit 3 after \d+m?s(?: \(pid \d+\))? · restarted: crash/);
  match(stdout, /no database/);
  ok(!stdout.includes('hunter2hunter2'), stdout);
  const errors = await stack.fettle('logs', 'api', '--level', 'error', '-n', '1');
  match(errors.stdout, /no database/);
  const grep = await stack.fettle('logs', 'api', '--grep', '/(/');
  equal(grep.code, 2);
  match(grep.stderr, /[Ii]nvalid regular expression/);
});

test('following goes on over a kill -9 of the service', async () => {
  const yaml = 'services:\n  api:\n    command: node ticking.cjs\n';
  const ticking = `console.log('life ' + process.pid); setInterval(() => undefined, 1000);`;
  const stack = stackOf({ 'fettle.yaml': yaml, 'ticking.cjs': ticking });
  await stack.fettle('up', '-d');
  const follow = stack.start('logs', '-f', 'api');
  const seen: string[] = [];
  let killed = false;
  for await (const line of createInterface({ input: follow.stdout! })) {
    seen.push(line);
    const pid = Number(/life (\d+)/.exec(line)?.[1]);
    if (pid > 0 && killed) break;
    if (pid > 0) process.kill(pid, 'SIGKILL');
    killed ||= pid > 0;
  }
  follow.kill('SIGINT');
  await once(follow, 'exit');
  equal(seen.filter((line) => line.includes('life')).length, 2);
  match(seen.join('\n'), /process ended: 137 \(KILL or exit\)/);
});

async function until(accept: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 60_000; !accept(); await delay(20))
    expect(Date.now(), 'in time').toBeLessThan(endMs);
}
