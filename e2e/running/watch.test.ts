/** Services that are restarted because their files changed, by a real daemon. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { StackEvent, WatchesDocument } from '@fettle/sdk/api/documents';
import { roughStack, until, type RoughStack } from '../robustness/rough-stack.ts';

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

async function upWith(files: Readonly<Record<string, string>>, folders: readonly string[]) {
  stack = roughStack(files);
  for (const folder of folders) stack.makeFolder(folder);
  await stack.fettle('up', '-d', '--wait');
  await until(watches, ({ rules }) => rules.every(({ folders: seen }) => seen > 0));
}

async function watches(): Promise<WatchesDocument> {
  return JSON.parse((await stack.fettle('watch', '--json')).out) as WatchesDocument;
}

async function events(kind: string): Promise<readonly StackEvent[]> {
  const { out } = await stack.fettle('events', '--json');
  const { events: all } = JSON.parse(out) as { events: readonly StackEvent[] };
  return all.filter((event) => event.kind === kind);
}

async function pidAfter(old: number | null): Promise<number> {
  const { pid } = await until(
    () => stack.service('api'),
    (one) => one.pid !== null && one.pid !== old,
  );
  return pid ?? 0;
}

test('a burst of a thousand writes is one restart, and it names the file', async () => {
  await upWith(
    {
      'fettle.yaml': `services:
  api: {command: sleep 1000, watch: {paths: src, debounce: 400ms, ignore: [gen]}}
`,
    },
    ['src/deep', 'src/gen'],
  );
  const { pid } = await stack.service('api');
  for (let at = 0; at < 1_000; at += 1) stack.write(`src/deep/${at % 50}.js`, String(at));
  stack.write('src/gen/out.js', 'ignored');
  const next = await pidAfter(pid);
  const [changed, ...others] = await events('watch.changed');
  expect(changed?.text).toMatch(/^src\/deep\/\d+\.js and 49 more changed: api is restarted$/);
  expect(others).toEqual([]);
  // A folder that is new is watched, and a restart that a person could have asked for is no failure.
  mkdirSync(join(stack.dir, 'src/new/er'), { recursive: true });
  writeFileSync(join(stack.dir, 'src/new/er/x.js'), '1');
  await pidAfter(next);
  const texts = (await events('watch.changed')).map(({ text }) => text);
  expect(texts.at(-1)).toBe('src/new/er/x.js changed: api is restarted');
  expect((await stack.service('api')).restarts).toBe(0);
  const { out } = await stack.fettle('incidents', '--json');
  expect((JSON.parse(out) as { incidents: readonly unknown[] }).incidents).toEqual([]);
});

test('who writes its own watched file is not restarted for ever', async () => {
  await upWith(
    {
      'fettle.yaml': `services:
  api:
    command: ["sh", "-c", "sleep 0.3; date +%N > src/stamp; exec sleep 1000"]
    watch: {paths: [src], debounce: 50ms}
`,
    },
    ['src'],
  );
  stack.write('src/app.js', 'edited');
  const [muted] = await until(
    () => events('watch.muted'),
    (found) => found.length > 0,
  );
  expect(muted?.text).toContain('src/stamp of api changes again after each restart');
  const { pid } = await stack.service('api');
  const before = (await events('watch.changed')).length;
  expect(before).toBeLessThan(8);
  stack.write('src/stamp', 'not any more');
  stack.write('src/app.js', 'but this one');
  await pidAfter(pid);
  const { rules } = await watches();
  expect(rules[0]).toMatchObject({ muted: [join(stack.dir, 'src/stamp')] });
});

test('reload sends a signal to who minds it, a stopped service stays stopped', async () => {
  await upWith(
    {
      'app.conf': 'one',
      'fettle.yaml': `services:
  api:
    command: ["sh", "-c", "trap 'echo read again' HUP; while :; do sleep 0.05; done"]
    watch: {paths: app.conf, action: reload, debounce: 50ms}
  deaf: {command: sleep 1001, watch: {paths: app.conf, action: reload, debounce: 50ms}}
  off: {command: sleep 1002, watch: {paths: app.conf, debounce: 50ms}}
`,
    },
    [],
  );
  await stack.fettle('stop', 'off');
  const { pid } = await stack.service('api');
  stack.write('app.conf', 'two');
  await until(
    () => stack.fettle('logs', 'api'),
    ({ out }) => out.includes('read again'),
  );
  const changed = await until(
    () => events('watch.changed'),
    (found) => found.length === 3,
  );
  expect(changed.map(({ service, text }) => [service, text]).toSorted()).toEqual([
    ['api', 'app.conf changed: api reads its files again (SIGHUP)'],
    ['deaf', 'app.conf changed: deaf does not mind SIGHUP, which would end it: restart it'],
    ['off', 'app.conf changed: off stays stopped'],
  ]);
  expect((await stack.service('api')).pid).toBe(pid);
  expect((await stack.service('off')).state).toBe('stopped');
});
