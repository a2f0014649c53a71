/** A deleted file that somebody holds open fills the disk: no listing shows it. */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { act, escalate, type Fault } from '../fault.ts';
import { serviceOf } from '../drill-stack.ts';
import { deletedBytes, pickService, restartByHand, tellRun, works, endRun } from '../hands.ts';
import { diskMb } from '../small-disk.ts';

export const deletedOpenFile: Fault = {
  name: 'deleted_open_file',
  family: 'disk',
  unfit: ({ disk }) => (disk === null ? 'no disk could be mounted here' : null),
  async inject(stack, dice) {
    const disk = stack.disk ?? '';
    const writer = stack.parts.writer ?? stack.parts.database;
    const holder = dice.chance(0.5) ? writer : pickService(stack, dice);
    const name = join(disk, dice.pick(['upload.part', 'trace.log', 'sort.tmp']));
    const pid = await tellRun(stack, holder.service, `hold ${name} ${diskMb}`);
    const free = (): number => statfsSync(disk).bavail / statfsSync(disk).blocks;
    return {
      did: `${holder.service} holds a deleted file that fills ${disk}`,
      signal: {
        what: '5 MB of deleted files are held open',
        shows: async () => deletedBytes(pid, disk) > 5 * 2 ** 20,
      },
      expected: {
        classes: ['deleted_open_file'],
        targets: [holder.service, `@disk:${disk}`],
      },
      // A living database is restarted by a person's yes only, whatever it holds.
      right: [
        act('service.restart', holder.service),
        ...(holder.service === stack.parts.database.service ? [escalate] : []),
      ],
      cured: async () =>
        free() > 0.3 &&
        (await serviceOf(stack, holder.service)).pid !== pid &&
        works(stack, writer),
      undo: () => endRun(stack, holder.service, pid),
      tempting:
        holder === writer
          ? null
          : {
              what: `restart ${writer.service}`,
              run: () => restartByHand(stack, writer.service),
            },
    };
  },
};
