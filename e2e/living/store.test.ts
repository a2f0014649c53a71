/** The stored history of a real stack: copied while it is written, proven, put back, tampered with. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tempStack, workerScript, type TempStack } from '@fettle/cli/temp-stack.contract';

type Report = Readonly<{
  ok: boolean;
  chain: Readonly<{ ok: boolean; rows: number; brokenAtSeq: number | null }>;
}>;

let stack: TempStack;
beforeAll(async () => {
  stack = tempStack({
    'worker.js': workerScript,
    'fettle.yaml': 'services:\n  worker: {command: node worker.js}\n',
  });
  expect(await stack.fettle('up', '-d', '--wait')).toMatchObject({ code: 0 });
});
afterAll(async () => expect(await stack.remove()).toEqual([]));

const file = (name: string): string => join(stack.dir, name);
async function verify(...words: string[]): Promise<Report & Readonly<{ code: number }>> {
  const { code, stdout } = await stack.fettle('store', 'verify', ...words, '--json');
  return { ...(JSON.parse(stdout) as Report), code };
}

test('copies that are taken while the history is written are whole, and it grows', async () => {
  let rows = 0;
  for (const name of ['one.db', 'two.db', 'three.db']) {
    const writing = stack.fettle('restart', 'worker');
    const { code, stderr } = await stack.fettle('store', 'backup', file(name));
    expect(code).toBe(0);
    expect(stderr).toContain('audit chain whole');
    expect((await writing).code).toBe(0);
    const report = await verify(file(name));
    expect(report).toMatchObject({ ok: true, code: 0 });
    expect(report.chain.rows).toBeGreaterThanOrEqual(rows);
    expect(existsSync(file(`${name}-wal`))).toBe(false);
    rows = report.chain.rows;
  }
  const { ok, chain } = await verify();
  expect(ok).toBe(true);
  expect(chain.rows).toBeGreaterThan((await verify(file('one.db'))).chain.rows);
});

test('under a daemon nothing is put back; without one it is, and what was there is kept', async () => {
  const refused = await stack.fettle('store', 'restore', file('one.db'));
  expect(refused).toMatchObject({ code: 5 });
  expect(refused.stderr).toContain('E-STORE-BUSY');
  const { chain } = await verify(file('one.db'));
  expect((await stack.fettle('down')).code).toBe(0);
  expect((await stack.fettle('store', 'restore', file('one.db'))).code).toBe(0);
  expect((await verify()).chain.rows).toBe(chain.rows);
  const kept = await verify(join(stack.dir, '.fettle', 'fettle.db.before-restore'));
  expect(kept.chain.rows).toBeGreaterThan(chain.rows);
  expect((await stack.fettle('up', '-d', '--wait')).code).toBe(0);
  expect((await verify()).chain.rows).toBeGreaterThan(chain.rows);
});

test.each([
  ['an event is edited', "UPDATE journal SET text = 'nothing happened' WHERE seq = 2", 2],
  ['one in the middle is removed', 'DELETE FROM journal WHERE seq = 2', 3],
  ['the end is cut off', 'DELETE FROM journal WHERE seq >= 3', 3],
])('the audit chain tells when %s', async (_what, change, brokenAtSeq) => {
  const copy = file(`tampered-${brokenAtSeq}-${change.length}.db`);
  expect((await stack.fettle('store', 'backup', copy)).code).toBe(0);
  const db = new DatabaseSync(copy);
  db.exec(change);
  db.close();
  expect(await verify(copy)).toMatchObject({ ok: false, code: 3, chain: { brokenAtSeq } });
  const { stderr } = await stack.fettle('store', 'restore', copy);
  expect(stderr).toContain('E-STORE-');
});
