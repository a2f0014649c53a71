/**
 * Takes secrets out of what a capsule holds. Of environment values only addresses stay (diagnosis
 * asks them for host and port); values under secret names, and what looks like a key, are masked
 * wherever else they stand, in a log line, a command or an answer.
 */
import type { Stack } from '../stack/service.ts';
import { secretsOf } from '../loop/collect/known-secrets.ts';
import { isSecretName, redact } from '../loop/collect/redact.ts';
import { wild } from '../loop/collect/template-mask.ts';
import type { Clean } from './frozen.ts';

const mask = '***';
/** Shorter ones are words of any text. */
const leastChars = 6;
const mostSecrets = 2_000;
/** Names of runs are no secrets. */
const runNames = new Set(['token', 'lastToken']);
const address =
  /^((?:[a-z][\w+.-]*:\/\/)?)(?:[^@\s/]*@)?((?:\[[\da-fA-F:]+\]|[\w.-]+):\d{2,5})(?:[/?#]|$)/;

/** Of a stack whose environments are known; null: only by shape and name. */
export function cleanerOf(stack: Stack | null): Clean {
  const values = stack === null ? [] : environmentsOf(stack);
  const secrets = [...new Set([...secretsOf(stack), ...values.flatMap(secretsIn)])]
    .toSorted((a, b) => b.length - a.length)
    .slice(0, mostSecrets);
  const known = secrets.length === 0 ? null : new RegExp(secrets.map(escaped).join('|'), 'g');
  return (text, field, of) => {
    if (text === '') return text;
    if (field !== null && of === 'environment') return cleanVariable(field, text);
    if (field !== null && promisesSecret(field, of)) return mask;
    // What varies in a template of log lines is no value any more: `password=<*>` stays.
    const clean = text.split(wild).map(redact).join(wild);
    return known === null ? clean : clean.replace(known, mask);
  };
}

function environmentsOf({ services }: Stack): readonly (readonly [string, string])[] {
  return services.flatMap(({ environment }) => Object.entries(environment));
}

/** Levels of autonomy stand under names of services, which may be called anything. */
function promisesSecret(field: string, of: string | null): boolean {
  if (runNames.has(field) || of === 'autonomyOf') return false;
  return isSecretName(field.replace(/^-+/, '').replace(/=.*$/, ''));
}

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}/-]/g, String.raw`\$&`);
}

function secretsIn([name, value]: readonly [string, string]): readonly string[] {
  const login = /:\/\/[^\s/:@]*:([^\s/@]+)@/.exec(value)?.[1];
  const found = login === undefined ? [] : [login];
  if (isSecretName(name) || looksLikeKey(value)) found.push(value);
  return found.filter(({ length }) => length >= leastChars);
}

/** Long, one word, of several kinds of characters. */
function looksLikeKey(value: string): boolean {
  return (
    value.length >= 16 && /^[\w+=-]+$/.test(value) && /\d/.test(value) && /[a-zA-Z]/.test(value)
  );
}

function cleanVariable(name: string, value: string): string {
  const [, scheme, place] = address.exec(value) ?? [];
  if (place !== undefined) return `${scheme ?? ''}${place}`;
  const isPlain = /(?:HOST|PORT)$/.test(name) && /^[\w.-]{1,253}$/.test(value);
  return isPlain && !looksLikeKey(value) ? value : mask;
}
