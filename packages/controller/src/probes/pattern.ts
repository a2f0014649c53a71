/** `text` matches as a substring, `/regex/flags` as a regular expression. */
import { FettleError } from '@fettle/sdk/fettle-error';
import { boundedMatch } from '../bounded-regex.ts';

/** `test`: null when it took too long, which an expression on a hostile text can. */
export type Pattern = Readonly<{
  source: string;
  test(text: string): boolean | null;
  testAll(texts: readonly string[]): readonly boolean[] | null;
}>;

/** For one answer of 64 kB, or one batch of log lines. */
const deadlineMs = 100;

/** @throws FettleError E-HEALTH-PROBE when the regular expression cannot be read. */
export function readPattern(source: string): Pattern {
  const [, body, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(source) ?? [];
  if (body !== undefined) return patternOf(source, body, flags);
  const test = (text: string): boolean => text.includes(source);
  return { source, test, testAll: (texts) => texts.map(test) };
}

/** For keys that are always a regular expression; slashes may be left out. */
export function readRegex(source: string): Pattern {
  const [, body, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(source) ?? [];
  return patternOf(source, body ?? source, flags);
}

function patternOf(source: string, body: string, flags: string): Pattern {
  const expression = compile(body, flags.replaceAll(/[gy]/g, ''), source);
  const testAll = boundedMatch(expression, deadlineMs);
  return { source, testAll, test: (text) => testAll([text])?.[0] ?? null };
}

/** What a check says of it; `what`: `body`, `header x-build`. */
export function tooSlow(what: string, { source }: Pattern): string {
  return `${what}: ${source} takes too long to match; avoid repetition such as (a+)+`;
}

function compile(body: string, flags: string, source: string): RegExp {
  try {
    return new RegExp(body, flags);
  } catch (cause) {
    throw new FettleError('E-HEALTH-PROBE', `the pattern ${source} cannot be read`, {
      hint: 'Mend the regular expression of this health check.',
      cause,
    });
  }
}
