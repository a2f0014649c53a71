/**
 * Idempotency keys, on disk before the request acts: repeated after a broken line or a restart of
 * ours, a request acts at most once.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { writeAtomically } from './atomic-file.ts';
import { log } from './own-log.ts';

export type RequestKeys = Readonly<{
  /** false: this key was taken before. */
  take(key: string): boolean;
  has(key: string): boolean;
  close(): void;
}>;

/** Bound: the newest keys; a client repeats within seconds. */
const maxKeys = 1_000;

export function openRequestKeys(file: string): RequestKeys {
  const keys = new Set(readKeys(file).slice(-maxKeys));
  let written = rewrite(file, keys);
  let fd: number | null = null;
  return {
    take(key) {
      if (keys.has(key)) return false;
      keys.add(key);
      const [oldest] = keys;
      if (keys.size > maxKeys && oldest !== undefined) keys.delete(oldest);
      try {
        if (written >= 4 * maxKeys) {
          if (fd !== null) closeSync(fd);
          fd = null;
          written = rewrite(file, keys);
        } else {
          fd ??= openSync(file, 'a', 0o600);
          writeSync(fd, `${JSON.stringify(key)}\n`);
          written += 1;
        }
      } catch (cause) {
        log('warn', 'request key cannot be written', { cause });
      }
      return true;
    },
    has: (key) => keys.has(key),
    close() {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

function rewrite(file: string, keys: ReadonlySet<string>): number {
  try {
    writeAtomically(file, [...keys].map((key) => `${JSON.stringify(key)}\n`).join(''));
  } catch (cause) {
    log('warn', 'request keys cannot be written', { cause });
  }
  return keys.size;
}

function readKeys(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'string' ? [value] : [];
    } catch {
      return [];
    }
  });
}
