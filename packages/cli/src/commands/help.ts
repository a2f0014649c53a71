/** `fettle help [COMMAND|exit-codes]`. */
import { Command } from 'commander';
import { findEntry } from '../catalogue.ts';
import { exitCodes, type CommandModule } from '../command.ts';
import { readErrorsPage, sectionOf } from '../docs-text.ts';
import { buildProgram, defineEntry } from '../program.ts';
import { usageError } from '../session.ts';
import { fitCharset } from '../terminal/ascii.ts';
import { cliVersion } from '../version.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('[topic]', 'a command, or exit-codes');
  },
  async run(session, input) {
    const [topic] = input.args;
    session.output.print(fitCharset(await helpText(topic), session.output.look.unicode));
    return exitCodes.ok;
  },
};

async function helpText(topic: string | undefined): Promise<string> {
  const program = buildProgram(cliVersion, () => Promise.resolve());
  if (topic === undefined) return program.helpInformation();
  if (topic === 'exit-codes') return exitCodesText();
  const entry = findEntry(topic);
  const sub = program.commands.find((one) => one.name() === entry?.name);
  if (entry === null || sub === undefined)
    throw usageError(`there is no help on ${topic}`, 'fettle help      lists the commands');
  await defineEntry(sub, entry);
  return sub.helpInformation();
}

/** The section of docs/errors.md without Markdown's marks. */
function exitCodesText(): string {
  const section = sectionOf(readErrorsPage(), 'Exit codes') ?? '';
  return `${section
    .replaceAll(/^- \*\*(\d+)\*\*/gm, (_match, code: string) => code.padStart(5))
    .replaceAll('`', '')}\n`;
}
