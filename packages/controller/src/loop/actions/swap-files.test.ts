/** Watched files go back to their good version and return exactly; no other file is written. */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aService, aStack } from '../../controller.kit.ts';
import { stillWorld, watchedFiles, write } from './action-rig.kit.ts';
import { openActions } from './act-once.ts';
import type { ActionWorld } from './action-world.ts';
import { allActions } from './all.ts';
import { hashOf } from './kept-bytes.ts';

let dir: string;
let file: string;
let world: ActionWorld;
const good = '{"port": 5432}\n';
const bad = '{"port": 5433}\n';
const timeoutMs = 5_000;
const action = 'config.restore';
const params = { target: 'api' };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-restore-'));
  file = write(join(dir, 'api.json'), bad, 0o640);
  const ledger = watchedFiles('api', new Map([[file, good]]));
  world = stillWorld(statePaths(dir, {}), aStack([aService('api')]), { ledger });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const read = (path = file): string => readFileSync(path, 'utf8');
const actions = () => openActions(allActions, world);

async function deedFor(key: string, more = {}) {
  const given = { key, action, params: { ...params, ...more }, timeoutMs };
  const captured = await actions().capture(given);
  expect(captured).toMatchObject({ ok: true });
  return { ...given, capture: captured.capture };
}

test('the good bytes come back with the mode of the file, and the bad ones by the way back', async () => {
  const deed = await deedFor('k1');
  expect(read()).toBe(bad);
  expect(await actions().act(deed)).toMatchObject({ ok: true, detail: 'api.json replaced' });
  expect(read()).toBe(good);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(await actions().undo(deed)).toMatchObject({ ok: true });
  expect(read()).toBe(bad);
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test('the replaced bytes are not in the record', async () => {
  writeFileSync(file, 'password=hunter2');
  expect(JSON.stringify((await deedFor('k1')).capture)).not.toContain('hunter2');
});

test('a crash before the end is seen by the bytes themselves', async () => {
  const deed = await deedFor('k1');
  world.deeds.begin('k1');
  expect(await actions().observe(deed)).toMatchObject({ seen: 'not-done' });
  writeFileSync(file, good);
  expect(await actions().observe(deed)).toMatchObject({ seen: 'done' });
  expect(await actions().act(deed)).toMatchObject({ ok: true, detail: 'it was done already' });
  writeFileSync(file, 'something else');
  world.deeds.begin('k1');
  expect(await actions().observe(deed)).toMatchObject({ seen: 'unknown' });
});

test('an edit in the meantime wins, before and after', async () => {
  const deed = await deedFor('k1');
  writeFileSync(file, 'edited by a person');
  expect(await actions().act(deed)).toMatchObject({ ok: false });
  expect(read()).toBe('edited by a person');
  writeFileSync(file, bad);
  const second = await deedFor('k2');
  await actions().act(second);
  writeFileSync(file, 'edited by a person');
  expect(await actions().undo(second)).toMatchObject({ ok: false });
  expect(read()).toBe('edited by a person');
});

test('a file that is not watched is not written, whatever the record says', async () => {
  const other = write(join(dir, 'other.json'), bad);
  const named = await actions().capture({
    key: 'k1',
    action,
    params: { ...params, path: other },
    timeoutMs,
  });
  expect(named).toMatchObject({ ok: false, detail: expect.stringContaining('not watched') });
  const { mode, uid, gid } = { mode: 0o644, uid: 0, gid: 0 };
  const before = { hash: hashOf(bad), mode, uid, gid };
  const capture = { files: [{ path: other, before, after: hashOf(good), secret: false }] };
  const done = await actions().act({ key: 'k2', action, params, capture, timeoutMs });
  expect(done).toMatchObject({ ok: false, detail: expect.stringContaining('not watched') });
  expect(read(other)).toBe(bad);
});

test('a link is not written through', async () => {
  const secret = write(join(dir, 'elsewhere.json'), bad);
  rmSync(file);
  symlinkSync(secret, file);
  const captured = await actions().capture({ key: 'k1', action, params, timeoutMs });
  expect(captured).toMatchObject({ ok: false, detail: expect.stringContaining('is a link') });
  expect(read(secret)).toBe(bad);
});

test('a file that was deleted is put there again, and gone by the way back', async () => {
  rmSync(file);
  const deed = await deedFor('k1', { path: 'api.json' });
  expect(await actions().act(deed)).toMatchObject({ ok: true });
  expect(read()).toBe(good);
  expect(await actions().undo(deed)).toMatchObject({ ok: true });
  expect(existsSync(file)).toBe(false);
});
