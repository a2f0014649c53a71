/** `text` matches as a substring, `/regex/flags` as a regular expression. */
import { FettleError } from '@fettle/sdk/fettle-error';

export type Pattern = Readonly<{ source: string; test(text: string): boolean }>;

/** @throws FettleError E-HEALTH-PROBE when the regular expression cannot be read. */
export function readPattern(source: string): Pattern {
  const [, body, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(source) ?? [];
  if (body === undefined) return { source, test: (text) => text.includes(source) };
  const expression = compile(body, flags.replaceAll(/[gy]/g, ''), source);
  return { source, test: (text) => expression.test(text) };
}

/** For keys that are always a regular expression; slashes may be left out. */
export function readRegex(source: string): Pattern {
  const [, body, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(source) ?? [];
  const expression = compile(body ?? source, flags.replaceAll(/[gy]/g, ''), source);
  return { source, test: (text) => expression.test(text) };
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
