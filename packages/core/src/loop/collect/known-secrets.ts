/**
 * The values of a stack's secrets, so that they can be masked wherever they turn up: what a program
 * prints does not tell that it is a password.
 */
import type { Stack } from '../../stack/service.ts';

const mask = '***';
/** Shorter ones are words of any text. */
const leastChars = 6;
const mostSecrets = 2_000;

/** What the top `secrets` hold, lines of a longer one singly, the longest first. */
export function secretsOf(stack: Stack | null): readonly string[] {
  const found = new Set<string>();
  for (const { given = [], environment } of stack?.services ?? [])
    for (const { secret, secretText, env } of given) {
      const text = secretText ?? (env === null ? null : environment[env]) ?? null;
      if (!secret || text === null) continue;
      for (const line of [text, ...text.split(/\r?\n/)])
        if (line.trim().length >= leastChars && line !== mask) found.add(line.trim());
    }
  return [...found].toSorted((a, b) => b.length - a.length).slice(0, mostSecrets);
}

export type Conceal = (text: string) => string;

export function concealing(secrets: readonly string[]): Conceal {
  if (secrets.length === 0) return (text) => text;
  const known = new RegExp(secrets.flatMap(spellings).map(escaped).join('|'), 'g');
  return (text) => text.replace(known, mask);
}

/** As it stands, in JSON, and in an address. */
function spellings(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, inJson, encodeURIComponent(secret)])];
}

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}/-]/g, String.raw`\$&`);
}
