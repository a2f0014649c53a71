/** `fettle ls`: stacks of this user whose daemon runs on this machine. */
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { listRunningStacks } from '../running-stacks.ts';
import { plural } from '../terminal/amount.ts';
import { renderTable } from '../terminal/table.ts';

export const command: CommandModule = {
  define(_program: Command) {},
  async run(session) {
    const { stacks, others } = await listRunningStacks(dirname(session.paths.runtimeDir));
    await emit(session, { schema: 'fettle.stacks/v1', stacks, others }, (look) =>
      renderTable(
        [
          { title: 'STACK' },
          { title: 'HEALTH' },
          { title: 'SERVICES', drop: 2 },
          { title: 'PAGE', drop: 1 },
          { title: 'FOLDER', minColumns: 16 },
        ],
        stacks.map((one) => [one.stack, one.health, one.summary, one.url || '–', one.dir]),
        look,
      ),
    );
    if (stacks.length === 0) session.output.say('no stack of yours runs here');
    if (others > 0) session.output.say(`${plural(others, 'stack')} of other users not shown`);
    return exitCodes.ok;
  },
};
