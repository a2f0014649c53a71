/**
 * Takes secrets out of text before it is stored or shown: credentials in URLs, `password=…`,
 * bearer tokens, keys in well-known formats.
 *
 * One cheap search decides whether a line can hold a secret at all, since nearly none does; only
 * then are the rules tried. Every repetition is bounded or cannot overlap its neighbour, so that a
 * hostile line costs linear time. Sources: OWASP "Logging Cheat Sheet", data to exclude; the token
 * prefixes that GitHub, GitLab, Slack, Stripe, AWS, Google and npm publish.
 */

const mask = '***';
const suspicious =
  /pass|pwd=|secret|token|api[_-]?key|access[_-]?key|private[_ -]?key|credential|authorization|cookie|bearer|sig=|signature=|:\/\/[^\s@]{1,256}@|eyJ|gh[opsur]_|github_pat_|glpat-|npm_|AKIA|ASIA|AIza|xox[abprs]-|sk-|[sr]k_(?:live|test)_/i;

const secretWord =
  'passwords?|passwd|passphrase|secret|token(?!s|[a-z])|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|signature|sig';
const quoted = `"(?:[^"\\\\]|\\\\.){0,4096}"|'(?:[^'\\\\]|\\\\.){0,4096}'`;

type Rule = Readonly<{ pattern: RegExp; by: string }>;
const rules: readonly Rule[] = [
  {
    pattern:
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g,
    by: mask,
  },
  { pattern: /(:\/\/[^\s/:@"']{0,256}):[^\s@"']{1,256}@/g, by: `$1:${mask}@` },
  { pattern: /:\/\/[^\s/:@"']{16,256}@/g, by: `://${mask}@` },
  { pattern: /\b((?:set-)?cookie["']?\s{0,4}:\s{0,4})[^\r\n]+/gi, by: `$1${mask}` },
  {
    pattern:
      /(authorization["']?\s{0,4}[:=]\s{0,4}["']?)(?:(?:bearer|basic|digest|token)\s{1,4})?[^\s"',;]+/gi,
    by: `$1${mask}`,
  },
  { pattern: /\b(bearer\s{1,4})[\w.~+/=-]{8,}/gi, by: `$1${mask}` },
  {
    pattern: new RegExp(
      `((?:${secretWord})(?:[_-]\\w{0,24})?["']?(?:=|\\s{1,4}=\\s{1,4}))(?:${quoted}|[^\\s,;&"'})]+)`,
      'gi',
    ),
    by: `$1${mask}`,
  },
  { pattern: /(pwd=)(?!\/)[^\s,;&"'})]+/gi, by: `$1${mask}` },
  // `password: x` in prose is often a heading; what follows must be quoted or look like a value.
  {
    pattern: new RegExp(
      `((?:${secretWord})(?:[_-]\\w{0,24})?\\\\?["']?\\s{0,4}:\\s{0,4})(?:${quoted}|[^\\s,;&"'})\\\\]{6,})`,
      'gi',
    ),
    by: `$1${mask}`,
  },
  {
    pattern: /(--?[\w-]{0,40}(?:password|passwd|token|secret|api-key|apikey)\s{1,4})[^\s-]\S*/gi,
    by: `$1${mask}`,
  },
  { pattern: /\bgh[opsur]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}/g, by: mask },
  { pattern: /\bnpm_[A-Za-z0-9]{30,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}/g, by: mask },
  {
    pattern: /\bxox[abprs]-[\w-]{10,}|\bsk-[\w-]{20,}|\b[sr]k_(?:live|test)_\w{10,}/g,
    by: mask,
  },
  { pattern: /\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g, by: mask },
];

/** `text` with each secret replaced by `***`; the same string when there is none. */
export function redact(text: string): string {
  if (!suspicious.test(text)) return text;
  let clean = text;
  for (const { pattern, by } of rules) clean = clean.replace(pattern, by);
  return clean;
}

const secretName =
  /passw|passphrase|pwd$|secret|token(?!s)|api[_-]?key|access[_-]?key|private[_-]?key|credential|^auth|_auth$|cookie/i;

/** Does the name of a variable or field promise a secret? `DB_PASSWORD` does, `PORT` does not. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

const maxDepth = 8;

/** JSON data with secrets masked by field name and inside strings; deeper than 8 levels is cut. */
export function redactData(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return '…';
  if (Array.isArray(value)) return value.map((item) => redactData(item, depth + 1));
  const clean: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value))
    clean[name] = redactField(name, item, depth + 1);
  return clean;
}

function redactField(name: string, item: unknown, depth: number): unknown {
  const plain = typeof item === 'number' || typeof item === 'boolean' || item === null;
  if (isSecretName(name) && !plain && typeof item !== 'object') return mask;
  return redactData(item, depth);
}
