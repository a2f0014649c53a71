/** Files of other tools, unmodified, under the real daemon. */
import { copyFileSync, cpSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { eventually, tempStack, type TempStack } from '@fettle/cli/temp-stack.contract';

const data = fileURLToPath(new URL('data/', import.meta.url));
const stacks: TempStack[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) expect(await stack.remove()).toEqual([]);
});

function stackOf(name: string): TempStack {
  const stack = tempStack({});
  stacks.push(stack);
  cpSync(join(data, 'programs'), stack.dir, { recursive: true });
  cpSync(join(data, name), stack.dir, { recursive: true });
  return stack;
}

test('plain `up` in a folder with a Procfile: found, said, run, shared PORT and all', async () => {
  const stack = stackOf('procfile/shared-port');
  const up = await stack.fettle('up', '-d', '--wait');
  expect(up).toMatchObject({ code: 0 });
  expect(up.stderr).toContain('Procfile is read as 3 services: web, worker, mailer');
  const { services } = await stack.status();
  expect(services.map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual([
    'mailer ok',
    'web ok',
    'worker ok',
  ]);
});

test('`up -f` on an ecosystem file evaluates it outside of the daemon and runs it', async () => {
  const stack = stackOf('pm2/cluster');
  expect(await stack.fettle('-f', 'ecosystem.config.js', 'up', '-d', '--wait')).toMatchObject({
    code: 0,
  });
  const api = await eventually(
    () => stack.service('api'),
    ({ state }) => state === 'ok',
  );
  expect(api.instances).toHaveLength(2);
});

test('`init --from` shows, writes, checks, and does not replace what is there', async () => {
  const stack = stackOf('supervisord/basic');
  const shown = await stack.fettle('init', '--from', 'supervisord', '--dry-run');
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.stderr).toContain('+  web:');
  expect(shown.stderr).toMatch(/worker +`exitcodes` has no word here +supervisord.conf:\d+/);
  expect(existsSync(join(stack.dir, 'fettle.yaml'))).toBe(false);
  const written = await stack.fettle('init', '--json');
  expect(JSON.parse(written.stdout)).toMatchObject({
    schema: 'fettle.init/v1',
    valid: true,
    import: { format: 'supervisord', services: ['web', 'worker'] },
  });
  expect(readFileSync(join(stack.dir, 'fettle.yaml'), 'utf8')).toContain('# answers the shop');
  const out = join(stack.dir, 'out');
  const back = await stack.fettle('config', 'export', '--to', 'supervisord', '--out', out);
  expect(back).toMatchObject({ code: 0 });
  expect(readFileSync(join(out, 'supervisord.conf'), 'utf8')).toContain('[program:web]\n');
  copyFileSync(join(data, 'procfile/foreman/Procfile'), join(stack.dir, 'Procfile'));
  const refused = await stack.fettle('init', '--from', 'procfile');
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('E-INIT-EXISTS');
});

test('what cannot be read is told at its place, and nothing is started', async () => {
  const stack = tempStack({ Procfile: 'web: node x.js\n???\n' });
  stacks.push(stack);
  const up = await stack.fettle('up', '-d');
  expect(up).toMatchObject({ code: 2 });
  expect(up.stderr).toContain('E-IMPORT-SYNTAX');
  expect(up.stderr).toContain('Procfile:2:1');
  const none = await stack.fettle('init', '--from', 'pm2');
  expect(none.stderr).toContain('E-INIT-NONE');
});
