/**
 * What the keeper must still know after its own death, one small file per run: which container, and
 * since when. The end itself is kept by the engine.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerWord } from '@fettle/core/stack/container';

export type RunRecord = Readonly<{
  token: string;
  instance: string;
  id: string;
  /** Wall clock just before the start. */
  atMs: number;
  /** The engine's word for when it started; null: we died before we heard it. */
  startedAt: string | null;
  gateway: string | null;
  relays: readonly number[];
}>;

export type Records = Readonly<{
  put(record: RunRecord): void;
  get(token: string): RunRecord | null;
  list(): readonly RunRecord[];
  drop(token: string): void;
  cursorFile(token: string): string;
  /** What the controller reads of an instance. */
  say(instance: string, word: ContainerWord): void;
  unsay(instance: string): void;
}>;

export function openRecords(folder: string): Records {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (token: string) => join(folder, `${token}.run`);
  const cursorFile = (token: string) => join(folder, `${token}.cursor`);
  const wordFile = (instance: string) => join(folder, `${instance}.json`);
  const get = (token: string): RunRecord | null => read(file(token));
  return {
    put: (record) => write(file(record.token), record),
    get,
    list: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.run'))
        .flatMap((name) => read(join(folder, name)) ?? []),
    drop(token) {
      rmSync(file(token), { force: true });
      rmSync(cursorFile(token), { force: true });
    },
    cursorFile,
    say: (instance, word) => write(wordFile(instance), word),
    unsay: (instance) => rmSync(wordFile(instance), { force: true }),
  };
}

function read(path: string): RunRecord | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<RunRecord>;
    return typeof value.token === 'string' && typeof value.id === 'string'
      ? (value as RunRecord)
      : null;
  } catch {
    return null;
  }
}

/** A full disk costs us the memory of this run, not the run. */
function write(path: string, value: object): void {
  try {
    writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    rmSync(`${path}.new`, { force: true });
  }
}
