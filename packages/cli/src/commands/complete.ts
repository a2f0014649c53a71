/** `fettle __complete -- WORDS`: candidates for the last word, one a line, with live names. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { catalogue, findEntry, type CatalogueEntry } from '../catalogue.ts';
import { exitCodes, type CommandModule } from '../command.ts';
import { buildProgram, defineEntry } from '../program.ts';
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
export async function candidatesFor(
  session: Session,
  before: readonly string[],
  last: string,
): Promise<readonly string[]> {
  const entry = before.map(findEntry).find((found) => found !== null) ?? null;
  if (last.startsWith('-')) return flagsOf(entry);
  if (entry !== null) return wordsOf(session, entry);
  return catalogue
    .filter((one) => one.hidden !== true)
    .flatMap((one) => (one.alias === undefined ? [one.name] : [one.name, one.alias]));
}

async function flagsOf(entry: CatalogueEntry | null): Promise<readonly string[]> {
  const program = buildProgram('', () => Promise.resolve());
  const sub = program.commands.find((one) => one.name() === entry?.name);
  if (entry !== null && sub !== undefined) await defineEntry(sub, entry);
  return (sub ?? program).options.flatMap((option) => option.long ?? []);
}

function wordsOf(session: Session, entry: CatalogueEntry): readonly string[] {
  const { completes } = entry;
  if (completes === undefined) return [];
  return completes === 'services' ? serviceNames(session) : completes;
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
