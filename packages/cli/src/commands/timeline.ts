/** `fettle timeline [SERVICE]`: its story, oldest first. */
import type { Command } from 'commander';
import type { CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { momentFlag } from '../flag-values.ts';
import { reach, reachStatus } from '../reach.ts';
import { renderEvents } from '../render/events-text.ts';
import { requireServices } from '../service-names.ts';
import { commandLine } from '../session.ts';

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[service]', 'the whole stack unless named')
      .option('--since <time>', 'from 10m ago, 12:04 or RFC 3339 on');
  },
  async run(session, input) {
    const name = input.args[0] ?? null;
    if (name !== null) {
      const status = await reachStatus(session);
      requireServices(
        [name],
        status.services.map((service) => service.name),
      );
    }
    const since = momentFlag(input.options['since'], '--since', session.nowMs());
    const document = await reach(session, () => session.client.timeline(name, since));
    await emit(session, document, (look) => renderEvents(document.events, look, name === null));
    if (document.events.length === 0) session.output.say('nothing happened in that time');
    sayNext(session, [commandLine(session, name === null ? 'events -F' : `why ${name}`)]);
    return 0;
  },
};
