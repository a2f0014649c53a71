/** Old exports fill the disk: whoever writes there fails. */
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { act, type Fault } from '../fault.ts';
import { diskMb } from '../small-disk.ts';
import { fillDisk, restartByHand, works } from '../hands.ts';

const freeRatio = (path: string): number => {
  const { bavail, blocks } = statfsSync(path);
  return bavail / blocks;
};

export const diskFull: Fault = {
  name: 'disk_full',
  family: 'disk',
  unfit: ({ disk }) => (disk === null ? 'no disk could be mounted here' : null),
  async inject(stack, dice) {
    const disk = stack.disk ?? '';
    const writer = stack.parts.writer ?? stack.parts.database;
    const folder = join(disk, stack.kind === 'shop' ? 'backups' : 'exports');
    mkdirSync(folder, { recursive: true });
    const kind = dice.pick(['csv', 'dump', 'bak', 'tar']);
    const bytesEach = dice.between(200, 700) * 1_024;
    const files = fillDisk(folder, {
      bytesEach,
      count: Math.ceil((diskMb * 2 ** 20) / bytesEach) + 2,
      name: (index) => `${2026 - index}-${dice.between(10, 99)}.${kind}`,
    });
    return {
      did: `${files.length} old files of ${kind} fill ${disk}`,
      signal: { what: 'under 1 % is free', shows: async () => freeRatio(disk) < 0.01 },
      expected: { classes: ['disk_full'], targets: [`@disk:${disk}`, writer.service] },
      right: [act('disk.reclaim')],
      cured: async () => freeRatio(disk) > 0.05 && works(stack, writer),
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
