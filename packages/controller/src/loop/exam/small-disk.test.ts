/** A real file system of a few hundred kB: full, out of inodes, read only. Needs root to mount one. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MountExam } from '@fettle/core/loop/collect/exam';
import { aService } from '../../controller.kit.ts';
import { readDisk } from '../disk-places.ts';
import { openBench, type Bench } from './exam.kit.ts';

const runs = (...words: string[]): boolean =>
  spawnSync(words[0] ?? '', words.slice(1), { stdio: 'ignore' }).status === 0;
const mayMount = process.getuid?.() === 0 && runs('unshare', '--mount', 'true');

let bench: Bench;
let disk: string;
let mounted = false;
beforeEach(() => {
  bench = openBench();
  disk = join(bench.dir, 'disk');
  mkdirSync(disk);
  const options = 'size=256k,nr_inodes=20';
  mounted = mayMount && runs('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', disk);
});
afterEach(() => {
  if (mounted) runs('umount', '-l', disk);
  bench.close();
});

async function exam(): Promise<MountExam | undefined> {
  const services = [aService('api', { workingDir: disk, cleanup: [join(disk, 'old-*')] })];
  const { mounts } = await bench.exam('api', services);
  return mounts.find(({ path }) => path === disk);
}

test.skipIf(!mayMount)(
  'a full disk, and what cleanup would free (skipped: needs root)',
  async () => {
    expect(mounted).toBe(true);
    expect(await exam()).toMatchObject({ readOnly: false, reclaimable: { files: 0, bytes: 0 } });
    writeFileSync(join(disk, 'old-1'), Buffer.alloc(200_000));
    expect(() => writeFileSync(join(disk, 'more'), Buffer.alloc(200_000))).toThrow(/ENOSPC/);
    const seen = await exam();
    expect(seen?.usedRatio).toBeGreaterThan(0.95);
    expect(seen?.reclaimable.files).toBe(1);
    expect(seen?.reclaimable.bytes).toBeGreaterThanOrEqual(200_000);
  },
);
test.skipIf(!mayMount)('out of inodes with room left (skipped: needs root)', async () => {
  expect(() => {
    for (let index = 0; index < 30; index += 1) writeFileSync(join(disk, `f${index}`), '');
  }).toThrow(/ENOSPC/);
  expect((await exam())?.inodesUsedRatio).toBe(1);
  expect((await readDisk(disk))?.usedRatio).toBeLessThan(0.5);
});
test.skipIf(!mayMount)('a read-only one (skipped: needs root)', async () => {
  expect(runs('mount', '-o', 'remount,ro', disk)).toBe(true);
  expect(await exam()).toMatchObject({ readOnly: true });
});
