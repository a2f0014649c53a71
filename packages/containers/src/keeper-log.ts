/** The keeper's own log: JSON lines on stderr, which is its spool. */
import { writeSync } from 'node:fs';

export function log(level: 'info' | 'warn' | 'error', message: string, fields: object = {}): void {
  const shown = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? value.message : (value as unknown),
    ]),
  );
  const line = { at: new Date().toISOString(), level, message, ...shown };
  try {
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody reads us; containers matter more.
  }
}
