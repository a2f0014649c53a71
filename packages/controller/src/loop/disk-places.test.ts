/** Which file systems count as a service's own. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aService } from '../controller.kit.ts';
import { lookAtMounts, mountsOf } from './disk-places.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'fettle-places-')));
const data = join(base, 'app/data');
const far = join(base, 'far');
for (const folder of [data, far]) mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(base, { recursive: true }));

const mounts = ['/', data, far].map((path) => ({ path, type: 'ext4', readOnly: false }));
const placesOf = (over: Parameters<typeof aService>[1], ...lines: string[]) =>
  [...mountsOf(aService('api', over), [], lookAtMounts(mounts), lines).keys()].toSorted();

test('that of the working directory and those below it', () => {
  expect(placesOf({ workingDir: '/' })).toContain('/');
  expect(placesOf({ workingDir: join(base, 'app') })).toEqual(['/', data]);
});

test('a folder that does not exist counts as that in which it will be made', () => {
  const environment = { OUT: join(far, 'not/yet') };
  expect(placesOf({ workingDir: far, environment })).toEqual([far]);
});

test('the clean-up list names folders, too', () => {
  expect(placesOf({ workingDir: far, cleanup: [`${data}/old/*.bak`] })).toEqual([data, far]);
});

test('a file in the log is only looked up when the line says that it could not be written', () => {
  const full = `ENOSPC: no space left on device, open '${data}/mark.new'`;
  expect(placesOf({ workingDir: far }, full)).toEqual([data, far]);
  expect(placesOf({ workingDir: far }, `saved ${data}/mark.new`)).toEqual([far]);
});
