/** Config files that are rendered before a real service starts. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { StackEvent } from '@fettle/sdk/api/documents';
import { roughStack, until, type RoughStack } from '../robustness/rough-stack.ts';

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

const read = (name: string): string => readFileSync(join(stack.dir, name), 'utf8');

async function written(): Promise<readonly StackEvent[]> {
  const { out } = await stack.fettle('events', '--json');
  const { events } = JSON.parse(out) as { events: readonly StackEvent[] };
  return events.filter(({ kind }) => kind === 'template.written');
}

test('a template is rendered with ports and links, anew on an edit, and keeps an edit by hand', async () => {
  stack = roughStack({
    'web.tmpl': 'listen ${PORT};\nup ${DB_PORT:?the database}\nlevel ${LEVEL:-${OTHER:+x}low}\n',
    'fettle.yaml': `services:
  db: {command: sleep 1001, port: auto, health: []}
  web:
    command: sleep 1000
    port: auto
    health: []
    depends_on: [db]
    templates: [{from: web.tmpl, to: out/web.conf, mode: "0640", on_change: restart}]
`,
  });
  expect((await stack.fettle('up', '-d', '--wait')).code).toBe(0);
  const [web, db] = [await stack.service('web'), await stack.service('db')];
  const first = `listen ${web.port};\nup ${db.port}\nlevel low\n`;
  expect([read('out/web.conf'), statSync(join(stack.dir, 'out/web.conf')).mode & 0o777]).toEqual([
    first,
    0o640,
  ]);
  stack.write('web.tmpl', 'listen ${PORT};\nlevel high\n');
  const [anew] = await until(written, (found) => found.length === 1);
  expect(anew).toMatchObject({
    severity: 'info',
    text: 'web.conf was rendered anew: -2 +1 lines',
    data: { diff: [`-up ${db.port}`, '-level low', '+level high'], kept: null },
  });
  stack.write('out/web.conf', 'my own words\n');
  await stack.fettle('restart', 'web');
  const [, kept] = await until(written, (found) => found.length === 2);
  expect(kept?.severity).toBe('warn');
  expect(kept?.text).toContain('edited by hand, which is kept as web.conf.edited');
  expect([read('out/web.conf.edited'), read('out/web.conf')]).toEqual([
    'my own words\n',
    `listen ${web.port};\nlevel high\n`,
  ]);
  await stack.fettle('restart', 'web');
  expect((await written()).length).toBe(2);
});

test('a variable that is required and not set keeps the service from starting, and says what for', async () => {
  stack = roughStack({
    'web.tmpl': 'key ${KEY:?the key of the shop}\n',
    'fettle.yaml': `services:
  web: {command: sleep 1000, templates: [{from: web.tmpl, to: web.conf}]}
`,
  });
  await stack.fettle('up', '-d');
  const web = await until(
    () => stack.service('web'),
    ({ why }) => why !== null && why.includes('KEY'),
  );
  expect(web.why).toContain('names KEY (the key of the shop), which is not set');
  expect(existsSync(join(stack.dir, 'web.conf'))).toBe(false);
});
