/** The CLI's own version, from its package. */
import { readFileSync } from 'node:fs';

export const cliVersion: string = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
