/** `fettle pause [SERVICE]`: no healing but the restart of what died. */
import type { Command } from 'commander';
import type { CommandModule } from '../command.ts';
import { tellLoop } from '../healing-word.ts';
import { reachStatus } from '../reach.ts';
import { requireServices } from '../service-names.ts';

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[service]', 'all of healing unless named')
      .option('--for <time>', '30m, 2h; until fettle resume unless told');
  },
  async run(session, { args: [service], options }) {
    if (service !== undefined) {
      const { services } = await reachStatus(session);
      requireServices(
        [service],
        services.map(({ name }) => name),
      );
    }
    const time = options['for'];
    const body = {
      ...(service === undefined ? {} : { service }),
      ...(typeof time === 'string' ? { for: time } : {}),
    };
    const until = typeof time === 'string' ? `for ${time}` : 'until fettle resume';
    const what = service === undefined ? 'healing' : `healing of ${service}`;
    const tell = () => session.client.healing.control('pause', body);
    return tellLoop(session, tell, `${what} is paused ${until}; what dies is still restarted`);
  },
};
