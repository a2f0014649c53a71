/** `fettle approve RUN`: a person's yes to a run that asks. */
import type { Command } from 'commander';
import type { CommandModule } from '../command.ts';
import { tellLoop } from '../healing-word.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('<run>', 'as in fettle runs --active: run-3');
  },
  run(session, { args: [run = ''] }) {
    const tell = () => session.client.healing.tellRun(run, 'approve');
    return tellLoop(session, tell, `${run} may begin`);
  },
};
