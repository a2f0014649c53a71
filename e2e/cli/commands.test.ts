/** Every command against one real stack: its `--json` fits its schema, its exit code is the table's. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { registry } from '@fettle/controller/http/schemas';
import {
  freePort,
  tempStack,
  webScript,
  workerScript,
  type TempStack,
} from '@fettle/cli/temp-stack.contract';
import { cliSchemas } from './json-schemas.ts';

let stack: TempStack;
beforeAll(async () => {
  const port = await freePort();
  stack = tempStack({
    'web.js': webScript,
    'worker.js': workerScript,
    Procfile: 'web: PORT=3000 node web.js',
    'fettle.yaml': `name: all
services:
  web: {command: node web.js, port: ${port}, health: /healthz}
  worker: {command: node worker.js, depends_on: [web], scale: 1-3}
  job: {command: [node, -e, "console.log('done')"], restart: "no"}
`,
  });
  expect(await stack.fettle('up', '-d', '--wait')).toMatchObject({ code: 0 });
});
afterAll(async () => expect(await stack.remove()).toEqual([]));

const { _idmap: known } = registry as unknown as { _idmap: Map<string, z.ZodType> };

/** By the word between `fettle.` and `/v1`, from the controller's registry or our own list. */
function schemaFor(word: string): z.ZodType {
  const own = cliSchemas[word];
  if (own !== undefined) return own;
  const id = `${word.charAt(0).toUpperCase()}${word.slice(1)}Document`;
  const found = known.get(id);
  if (found !== undefined) return found;
  throw new TypeError(`no schema for fettle.${word}/v1`);
}

async function checkJson(words: readonly string[], code: number, schema: string): Promise<void> {
  const ran = await stack.fettle(...words, '--json');
  expect(`${words.join(' ')}: ${ran.code} ${ran.code === code ? '' : ran.stderr}`.trim()).toBe(
    `${words.join(' ')}: ${code}`,
  );
  const document = JSON.parse(ran.stdout);
  expect(document.schema).toBe(`fettle.${schema}/v1`);
  expect(schemaFor(schema).safeParse(document).error?.issues ?? []).toEqual([]);
}

const table: readonly (readonly [string, number, string])[] = [
  ['status', 0, 'status'],
  ['ps web', 0, 'status'],
  ['status --exit-code', 0, 'status'],
  ['status nobody', 2, 'problem'],
  ['why web', 0, 'why'],
  ['why nobody', 2, 'problem'],
  ['timeline', 0, 'timeline'],
  ['timeline worker', 0, 'timeline'],
  ['events -n 5', 0, 'events'],
  ['ports', 0, 'ports'],
  ['ports free 1', 0, 'port-owner'],
  ['links --exit-code', 0, 'links'],
  ['logs worker -n 3', 0, 'logs'],
  ['logs --level loud', 2, 'problem'],
  ['is-ready', 0, 'wait'],
  ['wait web --timeout 5s', 0, 'wait'],
  ['wait web --state stopped --timeout 50ms', 6, 'wait'],
  ['open web', 0, 'open'],
  ['explain E-USAGE', 0, 'explain'],
  ['explain E-NOTHING', 2, 'problem'],
  ['config validate', 0, 'config-problems'],
  ['config show', 0, 'config'],
  ['config diff --exit-code', 0, 'config-diff'],
  ['store verify', 0, 'store-report'],
  ['store migrate --dry-run --verify', 0, 'store-migration'],
  ['store backup copy.db', 0, 'store-backup'],
  ['store restore copy.db', 5, 'problem'],
  ['version', 0, 'version'],
  ['graph', 0, 'graph'],
  ['init --make --vscode --dry-run', 0, 'init'],
  ['init', 2, 'problem'],
  ['init --from procfile Procfile --force --dry-run', 0, 'init'],
  ['init --from nothing', 2, 'problem'],
  ['config export --to procfile', 0, 'export'],
  ['config export --to nothing', 2, 'problem'],
  ['try --all --no-probe', 0, 'try'],
  ['install --dry-run --user', 0, 'install'],
  ['install --dry-run --user --manager launchd', 0, 'install'],
  ['install --user --system', 2, 'problem'],
  ['upgrade --list', 0, 'versions'],
  ['demo nothing', 2, 'problem'],
  ['inspect nobody', 2, 'problem'],
  ['ls', 0, 'stacks'],
  ['up -d', 0, 'up'],
  ['restart worker', 0, 'command'],
  ['stop worker', 0, 'command'],
  ['start worker', 0, 'command'],
  ['reset worker', 0, 'command'],
  ['scale worker=2', 0, 'command'],
  ['scale worker', 2, 'problem'],
  ['frobnicate', 2, 'problem'],
];

for (const [words, code, schema] of table)
  test(`fettle ${words} --json: exit ${code}, fettle.${schema}/v1`, () =>
    checkJson(words.split(' '), code, schema));

test('help is quick: less than four bare starts of Node, about 80 ms on a quiet machine', async () => {
  const times = { help: [] as number[], node: [] as number[] };
  for (let round = 0; round < 7; round += 1) {
    times.help.push((await stack.fettle('--help')).tookMs);
    const startMs = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    times.node.push(performance.now() - startMs);
  }
  expect(Math.min(...times.help) / Math.min(...times.node)).toBeLessThan(4);
});

test('a follower of the logs sees new lines as NDJSON and ends at Ctrl-C', async () => {
  const child = stack.start('logs', 'worker', '-f', '--json');
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += String(chunk);
    if ((text.match(/tick/g) ?? []).length >= 3) child.kill('SIGINT');
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(130);
  for (const line of text.trim().split('\n'))
    expect(JSON.parse(line)).toMatchObject({ schema: 'fettle.log-line/v1', service: 'worker' });
});

test('a reader that closes the pipe early is no error', async () => {
  const child = stack.start('logs', 'worker', '-f');
  child.stdout?.once('data', () => child.stdout?.destroy());
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(0);
});
