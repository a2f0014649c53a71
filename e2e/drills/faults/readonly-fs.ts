/** The kernel made the file system read only, as it does after an error of the disk. */
import { escalate, type Fault } from '../fault.ts';
import { readFileSync } from 'node:fs';
import { remount } from '../small-disk.ts';
import { restartByHand } from '../hands.ts';

export const readonlyFs: Fault = {
  name: 'readonly_fs',
  family: 'disk',
  unfit({ disk, kind }) {
    if (disk === null) return 'no disk could be mounted here';
    return kind === 'shop' ? 'its book is open for writing all the time' : null;
  },
  async inject(stack) {
    const disk = stack.disk ?? '';
    const writer = stack.parts.writer ?? stack.parts.database;
    if (!remount(disk, 'ro')) throw new RangeError(`${disk} stays writable`);
    const isReadOnly = (): boolean =>
      readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .some(
          (line) => line.split(' ')[1] === disk && /(^|,)ro(,|$)/.test(line.split(' ')[3] ?? ''),
        );
    return {
      did: `${disk} is read only`,
      signal: { what: 'the mount table says ro', shows: async () => isReadOnly() },
      expected: { classes: ['readonly_fs'], targets: [`@disk:${disk}`, writer.service] },
      right: [escalate],
      cured: async () => !isReadOnly(),
      undo: async () => void remount(disk, 'rw'),
      tempting: {
        what: `restart ${writer.service}`,
        run: () => restartByHand(stack, writer.service),
      },
    };
  },
};
