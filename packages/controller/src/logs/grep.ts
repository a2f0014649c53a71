/**
 * Matches lines against what a person typed: a substring, or `/regex/flags`.
 *
 * A pattern can take exponential time on a hostile line: `bounded-regex.ts` sees to that.
 */
import { FettleError } from '@fettle/sdk/fettle-error';
import { boundedMatch } from '../bounded-regex.ts';

/** For one batch of lines (256 KiB of log). */
const DEADLINE_MS = 1_000;

/** Which of `lines` match. */
export type Grep = (lines: readonly string[]) => readonly boolean[];

/** @throws FettleError E-GREP-PATTERN */
export function compileGrep(pattern: string, deadlineMs: number = DEADLINE_MS): Grep {
  const found = /^\/(.+)\/([dgimsuvy]*)$/s.exec(pattern);
  if (found === null) return (lines) => lines.map((line) => line.includes(pattern));
  const expression = compile(found[1]!, found[2]!.replace(/[gy]/g, ''), pattern);
  const match = boundedMatch(expression, deadlineMs);
  return (lines) => {
    const matches = match(lines);
    if (matches !== null) return matches;
    throw new FettleError('E-GREP-SLOW', `${pattern} takes too long to match`, {
      hint: 'Avoid nested repetition such as (a+)+, or search for a plain substring.',
      exitCode: 2,
    });
  };
}

function compile(source: string, flags: string, pattern: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new FettleError('E-GREP-PATTERN', `${pattern} is not a regular expression`, {
      hint: `${(cause as Error).message}. Leave out the slashes to search for plain text.`,
      exitCode: 2,
      cause,
    });
  }
}
