/** One document in the format that was asked for. */
import { isJson, usageError, type OutputFormat, type Session } from './session.ts';
import type { Look } from './terminal/look.ts';

/** `text` gets a look whose width is unbounded for `-o wide`. */
export async function emit(
  session: Session,
  document: unknown,
  text: (look: Look, format: OutputFormat) => string,
): Promise<void> {
  const { format } = session.flags;
  if (isJson(session)) return session.output.json(document);
  if (format === 'yaml') {
    const { stringify } = await import('yaml');
    return session.output.print(stringify(document));
  }
  const look = session.output.look;
  session.output.print(text(format === 'wide' ? { ...look, columns: Infinity } : look, format));
}

/** For commands that have fewer formats than there are. */
export function requireFormat(session: Session, allowed: readonly OutputFormat[]): void {
  if (allowed.includes(session.flags.format)) return;
  throw usageError(
    `this command has no -o ${session.flags.format}`,
    `one of: ${allowed.join(', ')}`,
  );
}

/** The last line: what to type next. Nothing after data that a program reads. */
export function sayNext(session: Session, commands: readonly string[]): void {
  if (commands.length === 0 || session.flags.format !== 'table') return;
  session.output.say(`next: ${commands.join(' · ')}`);
}
