/**
 * Masks what may be secret before a config is shown: values under secret-looking names, passwords
 * in URLs, and tokens of well-known shape. Rather one mask too many than one leak.
 */

const MASK = '***';
const secretWords =
  'pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|access_?key|private_?key|signing_?key|' +
  'encryption_?key|credentials?|auth|authorization|cookie|dsn|salt|session_?key|bearer|jwt';
const secretName = new RegExp(
  `(?:^|[_.-])(?:${secretWords})(?:$|[_.-])|apikey|password|_key$`,
  'i',
);
const harmlessName = /_(?:file|path|ttl|timeout|length|url|host|port|type|enabled)$/i;
const urlPassword = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)([^\s/@]+)@/gi;
const shapedTokens =
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9_-]{16,}|AKIA[A-Z0-9]{16}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g;

/** Is a value under this name likely to be secret? */
export function isSecretName(name: string): boolean {
  const snake = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('-', '_');
  return secretName.test(snake) && !harmlessName.test(snake);
}

/** Masks passwords in URLs and tokens of known shape inside any text. */
export function redactText(text: string): string {
  return text.replaceAll(urlPassword, `$1${MASK}@`).replaceAll(shapedTokens, MASK);
}

/** The value of `name` as it may be shown. */
export function redactValue(name: string, value: string): string {
  return value !== '' && isSecretName(name) ? MASK : redactText(value);
}

/** Arguments as they may be shown: `--token abc`, `--token=abc` and `-pSECRET` style words. */
export function redactArguments(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const option = /^--?([A-Za-z][\w-]*)=(.+)$/s.exec(word);
    if (option?.[1] !== undefined && isSecretName(option[1])) return `--${option[1]}=${MASK}`;
    const before = /^--([A-Za-z][\w-]*)$/.exec(words[index - 1] ?? '')?.[1];
    if (before !== undefined && isSecretName(before) && !word.startsWith('-')) return MASK;
    return redactText(word);
  });
}

const pairInLine =
  /([A-Za-z][\w.-]*)(["']?\s*[:=]\s*)("[^"]*"?|'[^']*'?|\[[^\]]*\]?|[^\s,{}[\]][^,{}[\]]*)/g;

/** A line of a config file as it may be printed beside a problem; the columns stay as they are. */
export function redactLine(line: string): string {
  const masked = line.replaceAll(pairInLine, (whole, name: string, sign: string, value: string) =>
    isSecretName(name) && !/^["']?\$/.test(value)
      ? `${name}${sign}${'*'.repeat(value.length)}`
      : whole,
  );
  return redactText(masked);
}
