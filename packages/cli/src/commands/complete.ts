/** `fettle __complete -- WORDS`: candidates for the last word, one a line, with live names. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('[words...]', 'the words typed so far').allowUnknownOption();
  },
  async run(session, input) {
    const words = input.args[0] === '--' ? input.args.slice(1) : input.args;
    const last = words.at(-1) ?? '';
    const candidates = await candidatesFor(session, words.slice(0, -1), last);
    for (const one of candidates) if (one.startsWith(last)) session.output.print(`${one}\n`);
    return exitCodes.ok;
  },
};

/** `before`: complete words; `last`: what is being typed. */
async function candidatesFor(
  session: Session,
  before: readonly string[],
  last: string,
): Promise<readonly string[]> {
  const { surface } = session;
  const verb = before.find((word) => surface.isCommand(word)) ?? null;
  if (last.startsWith('-')) return surface.flagsOf(verb);
  if (verb === null) return surface.words;
  const next = surface.completes(verb);
  return next === 'services' ? serviceNames(session) : next;
}

/** From the last applied stack: quick, and it needs no daemon. */
function serviceNames(session: Session): readonly string[] {
  try {
    const stack = JSON.parse(readFileSync(session.paths.stackFile, 'utf8')) as {
      services: readonly Readonly<{ name: string }>[];
    };
    return stack.services.map(({ name }) => name).filter((name) => !name.startsWith('@'));
  } catch {
    return [];
  }
}
