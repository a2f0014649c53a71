/**
 * Tells which log lines speak of trouble, and which block of lines is the last word of a run.
 *
 * The last error before the end explains an exit better than any earlier one; a line that is seen
 * again and again while all is well explains nothing.
 */
import { findTraces, type Trace } from './stack-trace.ts';

/** Inclusive line indices. */
export type Block = Readonly<{ from: number; to: number }>;

const errorWord =
  /\b(?:error|err!|fatal|panic(?:ked)?|exception|critical|crit|emerg|alert|failed|failure|cannot|could not|unable to|denied|refused|invalid|missing|not found|no such|unhandled|uncaught|aborted|killed|traceback)\b|[a-z]Error\b|\bE[A-Z]{4,}\b/i;
const calm =
  /\b(?:0 errors?|no errors?|errors?[:=] ?0|without error|failed[:=] ?0|0 failed|level":(?:10|20|30))\b/i;
const trailer =
  /^(?:\s*$|Node\.js v\d|npm (?:ERR!|error) |\s*\^|\s*\}|note: run with `RUST_BACKTRACE|For help, see|exit status \d|make: |\s+code: |\s+errno: |\s+syscall: )/;

export function looksLikeError(line: string): boolean {
  return errorWord.test(line) && !calm.test(line);
}

/** The last error: a whole trace, or the last error line with what stands right around it. */
export function lastErrorBlock(
  lines: readonly string[],
  traces: readonly Trace[] = findTraces(lines),
): Block | null {
  let last = -1;
  for (let index = lines.length - 1; index >= 0 && last < 0; index -= 1)
    if (looksLikeError(lines[index] ?? '') && !trailer.test(lines[index] ?? '')) last = index;
  const trace = traces.at(-1);
  if (trace !== undefined && trace.to >= last - 12) return { from: trace.from, to: lines.length };
  return last < 0 ? null : { from: last, to: last };
}

/** The line that a person would quote: the last one that speaks of an error. */
export function lastErrorLine(lines: readonly string[]): string | null {
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    if (looksLikeError(line) && !trailer.test(line) && !/^\s+at /.test(line)) return line.trim();
  }
  return null;
}

/** The last line that says anything at all. */
export function lastLine(lines: readonly string[]): string | null {
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    if (!trailer.test(line)) return line.trim();
  }
  return null;
}

/** A line without what changes from time to time, to count how often it is said. */
export function lineShape(line: string): string {
  return line.slice(0, 200).replace(/0x[\da-f]+|[\da-f]{8}-[\da-f-]{27}|\d+(?:[.:]\d+)*/gi, '#');
}
