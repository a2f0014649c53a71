/**
 * Matches lines against what a person typed: a substring, or `/regex/flags`.
 *
 * A pattern can take exponential time on a hostile line, so expressions run in a context with a
 * deadline, which V8 keeps also inside a match; a substring needs none of that. Source: OWASP,
 * "Regular expression Denial of Service".
 */
import { createContext, Script } from 'node:vm';
import { FettleError } from '@fettle/sdk/fettle-error';

/** For one batch of lines (256 KiB of log). */
const DEADLINE_MS = 1_000;

/** Which of `lines` match. */
export type Grep = (lines: readonly string[]) => readonly boolean[];

/** @throws FettleError E-GREP-PATTERN */
export function compileGrep(pattern: string, deadlineMs: number = DEADLINE_MS): Grep {
  const found = /^\/(.+)\/([dgimsuvy]*)$/s.exec(pattern);
  if (found === null) return (lines) => lines.map((line) => line.includes(pattern));
  const expression = compile(found[1]!, found[2]!.replace(/[gy]/g, ''), pattern);
  const context = createContext({ expression, lines: [] as readonly string[] });
  const script = new Script('lines.map((line) => expression.test(line))');
  return (lines) => {
    context['lines'] = lines;
    try {
      return script.runInContext(context, { timeout: deadlineMs }) as boolean[];
    } catch (cause) {
      throw new FettleError('E-GREP-SLOW', `${pattern} takes too long to match`, {
        hint: 'Avoid nested repetition such as (a+)+, or search for a plain substring.',
        exitCode: 2,
        cause,
      });
    }
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
