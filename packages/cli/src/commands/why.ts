/** `fettle why SERVICE`: the reason, with its evidence and the next command. */
import type { Command } from 'commander';
import type { CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { reach, reachStatus } from '../reach.ts';
import { renderWhy } from '../render/why-text.ts';
import { requireServices } from '../service-names.ts';
import { commandLine } from '../session.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('<service>', 'whose reason');
  },
  async run(session, input) {
    const name = input.args[0] ?? '';
    const status = await reachStatus(session);
    requireServices(
      [name],
      status.services.map((service) => service.name),
    );
    const told = await reach(session, () => session.client.why(name));
    // The daemon does not know how we were called.
    const next = told.next.map((words) =>
      words.startsWith('fettle ') ? commandLine(session, words.slice(7)) : words,
    );
    const document = { ...told, next };
    await emit(session, document, (look) => renderWhy(document, look));
    sayNext(session, next);
    return 0;
  },
};
