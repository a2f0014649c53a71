/** Tiny files take every inode: bytes are free, and yet nothing can be created. */
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { act, type Fault } from '../fault.ts';
import { fillDisk, restartByHand, works } from '../hands.ts';

const freeInodes = (path: string): number => {
  const { ffree, files } = statfsSync(path);
  return ffree / files;
};

export const inodeExhaustion: Fault = {
  name: 'inode_exhaustion',
  family: 'disk',
  // The ledger of the shop creates no files once it runs.
  unfit: ({ disk, kind }) =>
    disk === null ? 'no disk could be mounted here' : kind === 'shop' ? 'creates no files' : null,
  async inject(stack, dice) {
    const disk = stack.disk ?? '';
    const writer = stack.parts.writer ?? stack.parts.database;
    const folder = join(disk, 'exports');
    mkdirSync(folder, { recursive: true });
    const kind = dice.pick(['sess', 'tmp', 'lock', 'part']);
    const files = fillDisk(folder, {
      bytesEach: 10,
      count: 1_000,
      name: (index) => `${kind}-${index.toString(36)}${dice.between(100, 999)}`,
    });
    return {
      did: `${files.length} tiny files take every inode of ${disk}`,
      signal: { what: 'no inode is free', shows: async () => freeInodes(disk) < 0.01 },
      expected: { classes: ['inode_exhaustion'], targets: [`@disk:${disk}`, writer.service] },
      right: [act('disk.reclaim')],
      cured: async () => freeInodes(disk) > 0.03 && works(stack, writer),
      async undo() {
        for (const file of files) rmSync(file, { force: true });
      },
      tempting: {
        what: `restart ${writer.service}`,
        run: () => restartByHand(stack, writer.service),
      },
    };
  },
};
