/**
 * `fettle down`: every service in reverse order, then the daemon. Nothing is left behind, also when
 * the daemon was killed and its services lived on: a new one adopts them first.
 */
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { connectDaemon, lockHeld } from '../daemon.ts';
import { bringDown, downWords, isOrphaned, type DownOutcome } from '../bring-down.ts';
import { foreignState } from '../foreign-state.ts';
import { emit } from '../emit.ts';
import { durationFlag } from '../flag-values.ts';

const defaultWaitMs = 120_000;
const codes: Readonly<Record<DownOutcome, number>> = {
  gone: exitCodes.ok,
  'still-stopping': exitCodes.progressing,
  'started-again': exitCodes.notAsAsked,
};

export const command: CommandModule = {
  define(program: Command) {
    program.option('--timeout <duration>', 'how long to wait for the end; 2m unless told');
  },
  async run(session, input) {
    const waitMs = durationFlag(input.options['timeout'], '--timeout') ?? defaultWaitMs;
    const held = await lockHeld(session);
    const foreign = foreignState(session);
    if (foreign !== null) throw foreign;
    if (!held && !isOrphaned(session)) {
      await emit(session, document(false), () => '');
      session.output.say('nothing runs here');
      return exitCodes.ok;
    }
    const client = held ? await connectDaemon(session) : null;
    const outcome = await bringDown(session, { waitMs, client });
    await emit(session, document(true), () => '');
    session.output.say(downWords[outcome]);
    return codes[outcome];
  },
};

function document(ran: boolean): unknown {
  return { schema: 'fettle.down/v1', ran };
}
