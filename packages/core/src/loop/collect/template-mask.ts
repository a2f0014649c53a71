/**
 * Takes out of a log line what varies from one occurrence to the next, by its looks alone: numbers,
 * hex, uuids, paths, addresses, times, quoted text, values of `key=value`.
 *
 * The same masks serve every service: what a wrong mask costs is one line more or less under a
 * template, never a missed line. Source of the kinds: He et al., "Drain" (ICWS 2017), and Jiang et
 * al., "A Large-Scale Evaluation for Log Parsing Techniques" (ISSTA 2024), on their errors.
 */

export const wild = '<*>';

/** Longer lines differ in their tails, and the head tells what they are. */
const mostChars = 1_000;
const mostTokens = 80;

const day = String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)`;
const month = String.raw`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`;

const variable = new RegExp(
  [
    // Quoted text; an apostrophe within a word opens nothing.
    String.raw`"(?:[^"\\]|\\.){0,300}"`,
    String.raw`(?<!\w)'(?:[^'\\]|\\.){1,300}'(?!\w)`,
    // URLs and e-mail addresses.
    String.raw`\b[a-zA-Z][a-zA-Z\d+.-]{1,15}:\/\/[^\s,;"')\]]+`,
    String.raw`(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+`,
    // Dates as C and HTTP write them.
    String.raw`\b(?:${day},? )?(?:${month} {1,2}\d{1,2}|\d{1,2} ${month})(?:,? \d{4})?(?: \d\d:\d\d:\d\d)?(?: \d{4})?(?: GMT)?\b`,
    // Hosts with a port.
    String.raw`(?<![\w-.])[\w-]+(?:\.[\w-]+)+:\d+\b`,
    // Paths: from the root, home, here, or a drive; a lone slash is none.
    String.raw`(?<![\w<>)*])(?:~|\.{1,2}|[A-Za-z]:)?[\\/](?:[\w.@%+~#$-]+[\\/]?)+(?::\d+)*`,
    // Numbers of any kind, with their units, and words that hold digits.
    String.raw`(?<![\w.-])[<>~]?[\w.-]*\d[\w.%-]*(?::\d[\w.%-]*)*(?: (?:[KMGT]i?B|bytes|sec(?:onds)?|ms)\b)?`,
  ].join('|'),
  'g',
);

/** Tokens, digests, encoded data; gone first, so that no pattern walks along them again and again. */
const blob = /[\w.+/%=-]{80,}/g;
/** `key=value`: the value varies whatever it looks like. */
const pair = /([\w.-]=)(?![=~>\s])(?:\[[^\]]*\]|\([^)]*\)|[^\s,;&)\]}]+)/g;
/** A list of what varies is one thing that varies, however long. */
const wildRun = /(?<![\w-])([\w-]{0,40}<\*>)(?:,? (?:\1|\(<\*>\))(?=[\s,]|$))+/g;
/** Nothing where something may stand: `connected from 10.0.0.7 ()`. */
const nothing = / (?:\(\)|\[\]|""|'')(?= |$)/g;
/** A word of the program with a short number behind it: `worker-3`; longer ones are identities. */
const numbered = /^[<>~]?([A-Za-z][A-Za-z_]*?)[_-]*\d{1,3}[.:-]*$/;
/** Words that merely hold a digit: `jk2_init`, `log4j`, `k8s`. */
const digitWithin = /^[A-Za-z_]+\d{1,2}[A-Za-z_]+$/;

const hexadecimal = /^[\da-f]+$/i;

/** The line with `<*>` for what varies, cut into words; at most 80. */
export function maskedTokens(text: string): readonly string[] {
  const masked = headOf(text)
    .replace(blob, wild)
    .replace(pair, `$1${wild}`)
    .replace(variable, maskOf)
    .replace(/\s+/g, ' ')
    .replace(nothing, '')
    .replace(wildRun, wild);
  const tokens = masked.split(' ', mostTokens);
  return tokens.filter((token) => token !== '');
}

function headOf(text: string): string {
  if (text.length <= mostChars) return text;
  const at = text.lastIndexOf(' ', mostChars);
  return text.slice(0, at < 0 ? mostChars : at);
}

function maskOf(found: string): string {
  const tail = /[:.,-]+$/.exec(found)?.[0] ?? '';
  const body = tail === '' ? found : found.slice(0, -tail.length);
  if (digitWithin.test(body) && !hexadecimal.test(body)) return found;
  return `${numbered.exec(body)?.[1] ?? ''}${wild}${tail}`;
}
