/** `fettle events`: what happened in the stack; `-F` follows. */
import { Option, type Command } from 'commander';
import type { StackEvent } from '@fettle/sdk/api/documents';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { countFlag, momentFlag } from '../flag-values.ts';
import { reach, reachStatus } from '../reach.ts';
import { renderEvent, renderEvents } from '../render/events-text.ts';
import { isJson, type Session } from '../session.ts';

const defaultLimit = 100;

export const command: CommandModule = {
  define(program: Command) {
    program
      .addOption(new Option('-F').hideHelp())
      .option('-f, --follow', 'then new events as they come')
      .option('-n, --tail <events>', `how many; ${defaultLimit} unless told`)
      .option('--since <time>', 'from 10m ago, 12:04 or RFC 3339 on');
  },
  async run(session, input) {
    const since = momentFlag(input.options['since'], '--since', session.nowMs());
    const limit = countFlag(input.options['tail'], '--tail') ?? defaultLimit;
    const document = await reach(session, () =>
      session.client.events({ limit, ...(since === undefined ? {} : { since }) }),
    );
    if ((input.options['follow'] ?? input.options['F']) !== true) {
      await emit(session, document, (look) => renderEvents(document.events, look, true));
      return exitCodes.ok;
    }
    return follow(session, document.events);
  },
};

async function follow(session: Session, first: readonly StackEvent[]): Promise<number> {
  const status = await reachStatus(session);
  const columns = Math.max(0, ...status.services.map(({ name }) => name.length));
  const show = (event: StackEvent): void =>
    session.output.print(
      isJson(session)
        ? `${JSON.stringify({ schema: 'fettle.event/v1', ...event })}\n`
        : renderEvent(event, session.output.look, columns),
    );
  first.forEach(show);
  const live = session.client.stream(first.at(-1)?.seq ?? null, {
    abort: session.interrupts.signal,
    onConnection: (connected) =>
      session.output.say(connected ? 'connected again' : 'the controller went away; waiting …'),
  });
  for await (const event of live) show(event);
  return exitCodes.ok;
}
