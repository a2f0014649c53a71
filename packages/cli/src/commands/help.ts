/** `fettle help [COMMAND|exit-codes]`. */
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { readErrorsPage, sectionOf } from '../docs-text.ts';
import { usageError, type Session } from '../session.ts';
import { fitCharset } from '../terminal/ascii.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('[topic]', 'a command, or exit-codes');
  },
  async run(session, input) {
    const [topic] = input.args;
    session.output.print(fitCharset(await helpText(session, topic), session.output.look.unicode));
    return exitCodes.ok;
  },
};

async function helpText(session: Session, topic: string | undefined): Promise<string> {
  if (topic === 'exit-codes') return exitCodesText();
  const text = await session.surface.helpOn(topic ?? null);
  if (text !== null) return text;
  throw usageError(`there is no help on ${topic}`, 'fettle help      lists the commands');
}

/** The section of docs/errors.md without Markdown's marks. */
function exitCodesText(): string {
  const section = sectionOf(readErrorsPage(), 'Exit codes') ?? '';
  return `${section
    .replaceAll(/^- \*\*(\d+)\*\*/gm, (_match, code: string) => code.padStart(5))
    .replaceAll('`', '')}\n`;
}
