/** `fettle try`: watches a stack that somebody else runs; owns and changes nothing. */
import type { Command } from 'commander';
import { findForeign } from '@fettle/config/import/find-foreign';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit, requireFormat, sayNext } from '../emit.ts';
import { watchInterval } from '../flag-values.ts';
import { pauseMs } from '../pause.ts';
import { renderTry } from '../render/try-text.ts';
import { commandLine, isJson, type Session } from '../session.ts';
import { lookAround, type Look } from '../try/look-around.ts';

/** Between the two looks of a single call: long enough to tell who uses the CPU. */
const glanceMs = 400;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[services...]', 'only these')
      .option('-a, --all', 'also what lies outside of this folder, and what the system runs')
      .option('-w, --watch [interval]', 'again and again; 2s unless told')
      .option('--no-probe', 'send nothing to any port: only look')
      .option('--exit-code', 'exit 3 unless every service is ok');
  },
  async run(session, { args, options }) {
    requireFormat(session, ['table', 'wide', 'json', 'ndjson', 'yaml']);
    const look = lookAround({
      names: args,
      all: options['all'] === true,
      dir: session.flags.dir,
      probe: options['probe'] !== false,
    });
    const everyMs = watchInterval(options['watch']);
    let seen = await look();
    await pauseMs(glanceMs, session.interrupts.signal);
    if (!session.interrupts.signal.aborted) seen = await look();
    await show(session, seen);
    if (everyMs !== null) seen = await watch(session, seen, { look, everyMs });
    sayNext(session, nextCommands(session));
    const isFine = seen.gone.length === 0 && seen.services.every(({ state }) => state === 'ok');
    return options['exitCode'] === true && !isFine ? exitCodes.notAsAsked : exitCodes.ok;
  },
};

type Watching = Readonly<{ look: () => Promise<Look>; everyMs: number }>;

/** Until Ctrl-C; the last look. */
async function watch(session: Session, first: Look, { look, everyMs }: Watching): Promise<Look> {
  const { signal } = session.interrupts;
  let seen = first;
  for (;;) {
    await pauseMs(everyMs, signal);
    if (signal.aborted) return seen;
    seen = await look();
    if (session.output.look.tty && !isJson(session)) session.output.print('\x1b[H\x1b[2J');
    await show(session, seen);
  }
}

async function show(session: Session, seen: Look): Promise<void> {
  const { services, gone } = seen;
  const document = { schema: 'fettle.try/v1', services, gone };
  await emit(session, document, (look) => renderTry(seen, look));
}

/** Where a definition lies beside it, Fettle could run the same. */
function nextCommands(session: Session): readonly string[] {
  const [found] = findForeign(session.flags.dir);
  const looking = commandLine(session, 'try -w');
  if (found === undefined) return [looking];
  return [looking, commandLine(session, `init --from ${found.format} --dry-run`)];
}
