/**
 * Versions of watched files by the hash of their content, in `.fettle/good/` (mode 0600).
 *
 * A version is kept when a service proved it: it started with it and stayed well. The newest three
 * of each file are kept. Contents of secrets lie here, too; nothing serves this folder.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export type Kept = Readonly<{ hash: string; bytes: number; keptAtMs: number }>;
/** What we know of one file; `seenHash` null: it was gone when we last looked. */
export type FileRecord = Readonly<{ seenHash: string | null; good: readonly Kept[] }>;

export type GoodStore = Readonly<{
  /** null: this file was never looked at. */
  record(path: string): FileRecord | null;
  saw(path: string, hash: string | null): void;
  /** The newest of `good` from now on. */
  keep(path: string, bytes: Buffer, nowMs: number): void;
  /** null: not kept, or damaged. */
  read(hash: string): Buffer | null;
  /** Writes the index when something changed since. @throws when the disk does not take it. */
  flush(): void;
}>;

const maxGood = 3;
const maxPaths = 2_000;
const kept = z.object({ hash: z.string(), bytes: z.number(), keptAtMs: z.number() });
const indexShape = z.object({
  files: z.record(z.string(), z.object({ seenHash: z.string().nullable(), good: z.array(kept) })),
});

export function openGoodStore(stateDir: string): GoodStore {
  const folder = join(stateDir, 'good');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const files = readIndex(folder);
  prune(folder, files);
  let dirty = false;
  const set = (path: string, record: FileRecord): void => {
    files.delete(path);
    files.set(path, record);
    const [oldest] = files.keys();
    if (files.size > maxPaths && oldest !== undefined) files.delete(oldest);
    dirty = true;
  };
  const read = (hash: string): Buffer | null => readBlob(folder, hash);
  return {
    record: (path) => files.get(path) ?? null,
    read,
    saw(path, seenHash) {
      const known = files.get(path);
      if (known?.seenHash === seenHash) return;
      set(path, { seenHash, good: known?.good ?? [] });
    },
    keep(path, bytes, keptAtMs) {
      const hash = hashOf(bytes);
      if (read(hash) === null) writeWhole(folder, hash, bytes);
      const older = (files.get(path)?.good ?? []).filter((one) => one.hash !== hash);
      const good = [...older, { hash, bytes: bytes.length, keptAtMs }].slice(-maxGood);
      set(path, { seenHash: hash, good });
    },
    flush() {
      if (!dirty) return;
      const text = JSON.stringify({ files: Object.fromEntries(files) });
      writeWhole(folder, 'index.json', Buffer.from(text));
      dirty = false;
    },
  };
}

export function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A broken index is begun anew: what is good proves itself again. */
function readIndex(folder: string): Map<string, FileRecord> {
  try {
    const data: unknown = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
    return new Map(Object.entries(indexShape.parse(data).files));
  } catch {
    return new Map();
  }
}

function readBlob(folder: string, hash: string): Buffer | null {
  if (!/^[0-9a-f]{64}$/.test(hash)) return null;
  try {
    const bytes = readFileSync(join(folder, hash));
    return hashOf(bytes) === hash ? bytes : null;
  } catch {
    return null;
  }
}

/** A reader sees the whole file or none. */
function writeWhole(folder: string, name: string, bytes: Buffer): void {
  const draft = join(folder, `.${name}.new`);
  writeFileSync(draft, bytes, { mode: 0o600 });
  renameSync(draft, join(folder, name));
}

/** What no file refers to any more leaves at the next start. */
function prune(folder: string, files: ReadonlyMap<string, FileRecord>): void {
  const wanted = new Set([...files.values()].flatMap(({ good }) => good.map(({ hash }) => hash)));
  for (const name of readdirSync(folder))
    if (name !== 'index.json' && !wanted.has(name)) rmSync(join(folder, name), { force: true });
}
