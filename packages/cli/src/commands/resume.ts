/** `fettle resume [SERVICE]`: the end of a pause or of an emergency stop. */
import type { Command } from 'commander';
import type { CommandModule } from '../command.ts';
import { tellLoop } from '../healing-word.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('[service]', 'all of healing unless named');
  },
  run(session, { args: [service] }) {
    const body = service === undefined ? {} : { service };
    const tell = () => session.client.healing.control('resume', body);
    return tellLoop(session, tell, `healing${service === undefined ? '' : ` of ${service}`} is on`);
  },
};
