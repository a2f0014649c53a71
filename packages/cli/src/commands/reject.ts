/** `fettle reject RUN`: a person's no; the incident then waits for people. */
import type { Command } from 'commander';
import type { CommandModule } from '../command.ts';
import { tellLoop } from '../healing-word.ts';

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('<run>', 'as in fettle runs --active: run-3')
      .option('--reason <text>', 'kept in the incident');
  },
  run(session, { args: [run = ''], options }) {
    const reason = options['reason'];
    const body = typeof reason === 'string' ? { reason } : {};
    const tell = () => session.client.healing.tellRun(run, 'reject', body);
    return tellLoop(session, tell, `${run} will not run`);
  },
};
