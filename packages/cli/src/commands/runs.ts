/** `fettle runs`: what runbooks did, and how often it helped. */
import type { Command } from 'commander';
import type { CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { reach } from '../reach.ts';
import { renderRuns, renderRunStats } from '../render/runs-text.ts';
import { commandLine } from '../session.ts';

export const command: CommandModule = {
  define(program: Command) {
    program
      .option('--active', 'only those under way or waiting for a yes')
      .option('--stats', 'how often each runbook cured');
  },
  async run(session, { options }) {
    const active = options['active'] === true;
    const document = await reach(session, () =>
      session.client.healing.runs(active ? { active } : {}),
    );
    await emit(session, document, (look) =>
      options['stats'] === true ? renderRunStats(document, look) : renderRuns(document, look),
    );
    const waiting = document.runs.find(({ phase }) => phase === 'awaiting');
    if (waiting !== undefined)
      sayNext(session, [
        commandLine(session, `approve ${waiting.id}`),
        commandLine(session, `reject ${waiting.id}`),
      ]);
    return 0;
  },
};
