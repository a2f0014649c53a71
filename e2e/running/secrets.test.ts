/** Secrets on their way to a real service, and everywhere they must not turn up. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { roughStack, until, type RoughStack } from '../robustness/rough-stack.ts';

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

const [fromCommand, fromShell, fromFile] = ['plain words 7', 'quiet river stone', 'amber/field+9'];
const config = `name: rough
secrets:
  asked: {command: ./ask.sh}
  typed: {environment: TYPED}
  kept: {file: kept.txt}
configs:
  level: {content: "level=high"}
services:
  api:
    command: ["sh", "-c", "echo has $$ASKED and $$KEPT and $$(cat $$TYPED_FILE) and $$(cat $$LEVEL_FILE); echo {\\\\\\"k\\\\\\":\\\\\\"$$ASKED\\\\\\"}; exec sleep 1000"]
    secrets:
      - {source: asked, env: ASKED}
      - typed
      - {source: kept, env: KEPT, path: given/kept.key, mode: "0400"}
    configs: [level]
    hooks: {before_start: test -s given/kept.key}
`;

test('a secret comes as a variable or a 0600 file, and is shown nowhere', async () => {
  stack = roughStack(
    { 'fettle.yaml': config, 'kept.txt': `${fromFile}\n` },
    { env: { TYPED: fromShell } },
  );
  stack.write('ask.sh', `#!/bin/sh\necho ran >> asked\necho '${fromCommand}'\n`);
  chmodSync(join(stack.dir, 'ask.sh'), 0o755);
  const shown = await stack.fettle('config', 'show');
  expect([shown.code, existsSync(join(stack.dir, 'asked'))]).toEqual([0, false]);
  expect((await stack.fettle('up', '-d', '--wait')).code).toBe(0);
  const own = join(stack.dir, '.fettle/secrets/api/typed');
  const given = join(stack.dir, 'given/kept.key');
  expect([readFileSync(own, 'utf8'), statSync(own).mode & 0o777]).toEqual([fromShell, 0o600]);
  expect([readFileSync(given, 'utf8').trim(), statSync(given).mode & 0o777]).toEqual([
    fromFile,
    0o400,
  ]);
  const spool = readFileSync((await spoolOf()) ?? '', 'utf8');
  expect(spool).toContain(`has ${fromCommand} and ${fromFile} and ${fromShell} and level=high`);
  const logs = await until(
    () => stack.fettle('logs', 'api'),
    ({ out }) => out.includes('has'),
  );
  expect(logs.out).toContain('has *** and *** and *** and level=high');
  const looks = [
    ['logs', '--json', 'api'],
    ['events', '--json'],
    ['status', '--json'],
    ['config', 'show'],
    ['config', 'diff', '--json'],
    ['why', 'api'],
    ['timeline', 'api'],
  ];
  for (const words of looks) await isClean(words);
  const { socket } = JSON.parse(readFileSync(stack.paths().daemonFile, 'utf8')) as {
    socket: string;
  };
  const body = await new Promise<string>((resolve) =>
    request({ socketPath: socket, path: '/api/v1/services/api' }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += String(chunk))).on('end', () => resolve(text));
    }).end(),
  );
  expect(body).toContain('"ASKED":"***"');
  for (const secret of [fromCommand, fromShell, fromFile]) expect(body).not.toContain(secret);
  const ran = await stack.fettle(
    'run',
    '--no-deps',
    'api',
    '--',
    'sh',
    '-c',
    'echo "$ASKED"; cat "$TYPED_FILE"',
  );
  expect(ran.out).toBe(`${fromCommand}\n${fromShell}`);
  await stack.fettle('down');
  expect([existsSync(own), existsSync(given)]).toEqual([false, true]);
});

async function isClean(words: readonly string[]): Promise<void> {
  const { out, err } = await stack.fettle(...words);
  for (const secret of [fromCommand, fromShell, fromFile])
    expect([words[0], (out + err).includes(secret)]).toEqual([words[0], false]);
}

async function spoolOf(): Promise<string | null> {
  const folder = join(stack.dir, '.fettle/logs/api.1');
  const name = await until(
    () => readdirSync(folder).find((one) => one.endsWith('.log')) ?? null,
    (found) => found !== null && readFileSync(join(folder, found), 'utf8').includes('{'),
  );
  return name === null ? null : join(folder, name);
}

test('a secret that cannot be had is told with its place, and nothing starts', async () => {
  stack = roughStack({
    'fettle.yaml': `secrets:
  one: {environment: NOT_SET_ANYWHERE}
  two: {command: "echo no such entry >&2; exit 4"}
services:
  api: {command: sleep 1000, secrets: [one, {source: two, env: TWO}, three]}
`,
  });
  const { code, err } = await stack.fettle('up', '-d');
  expect([code, existsSync(join(stack.dir, '.fettle/daemon.json'))]).toEqual([2, false]);
  expect(err).toContain('`one` cannot be had: the variable NOT_SET_ANYWHERE is not set');
  expect(err).toContain('`two` cannot be had: its command ended with exit 4: no such entry');
  expect(err).toContain('`three` is not among the `secrets` at the top');
  expect(err).toContain('fettle.yaml:2:');
});
