/**
 * Which acts were begun and ended, on disk before and after each: what makes "at most once" hold
 * for effects that the supervisor does not count (a signal, a script, a file).
 *
 * A file of fixed slots, filled when it is made: a note goes into its slot in place, so that it
 * can be written on a full disk, where cures are wanted most. The oldest slot is used again.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { failed } from './act-error.ts';

/** `begun` without an end: a crash of ours lies between. */
export type DeedState = 'none' | 'begun' | 'done' | 'failed';

export type Deeds = Readonly<{
  state(key: string): DeedState;
  /** What was told about it when it ended; empty: nothing. */
  detail(key: string): string;
  /** @throws FettleError E-ACT-FAILED: it cannot be noted, so it must not be done. */
  begin(key: string): void;
  end(key: string, state: 'done' | 'failed', detail: string): void;
  close(): void;
}>;

type Note = Readonly<{
  key: string;
  state: Exclude<DeedState, 'none'>;
  detail: string;
  /** Counts up with each act; the highest is the newest. */
  seq: number;
}>;

const slots = 512;
const slotBytes = 512;
const maxKey = 120;
const maxDetail = 200;

/** Where the file cannot be made (a full disk), it is tried again with the next act. */
export function openDeeds(stateDir: string): Deeds {
  const file = join(stateDir, 'deeds.log');
  let fd = openOrNull(file);
  const bySlot = fd === null ? new Map<number, Note>() : readNotes(file);
  const byKey = new Map([...bySlot].map(([slot, { key }]) => [key, slot]));
  let seq = Math.max(0, ...[...bySlot.values()].map((note) => note.seq));
  const noteOf = (key: string): Note | undefined => bySlot.get(byKey.get(shortKey(key)) ?? -1);
  const write = (note: Note, slot: number): void => {
    fd ??= openSlots(file);
    writeSync(fd, slotText(note), 0, slotBytes, slot * slotBytes);
    fdatasyncSync(fd);
    byKey.delete(bySlot.get(slot)?.key ?? '');
    bySlot.set(slot, note);
    byKey.set(note.key, slot);
  };
  return {
    state: (key) => noteOf(key)?.state ?? 'none',
    detail: (key) => noteOf(key)?.detail ?? '',
    begin(key) {
      const known = byKey.get(shortKey(key));
      try {
        seq += 1;
        write({ key: shortKey(key), state: 'begun', detail: '', seq }, known ?? seq % slots);
      } catch (cause) {
        throw failed('the act cannot be noted on disk, so it is not done', cause);
      }
    },
    end(key, state, detail) {
      const slot = byKey.get(shortKey(key));
      const note = noteOf(key);
      if (slot === undefined || note === undefined) return;
      try {
        write({ ...note, state, detail: detail.slice(0, maxDetail) }, slot);
      } catch {
        // It stays `begun` on disk: after a crash the act is observed, which is safe.
      }
    },
    close() {
      if (fd !== null) closeSync(fd);
    },
  };
}

function openOrNull(file: string): number | null {
  try {
    return openSlots(file);
  } catch {
    return null;
  }
}

/** Filled aside and then named, so that a file of that name has all its room. */
function openSlots(file: string): number {
  if (!existsSync(file)) {
    const draft = `${file}.new`;
    const fd = openSync(draft, 'w', 0o600);
    try {
      writeSync(fd, ' '.repeat(slots * slotBytes));
      fdatasyncSync(fd);
      renameSync(draft, file);
    } finally {
      closeSync(fd);
    }
  }
  return openSync(file, 'r+');
}

function shortKey(key: string): string {
  return key.length <= maxKey ? key : createHash('sha256').update(key).digest('hex');
}

/** Padded to one slot; a detail that does not fit is left out. */
function slotText(note: Note): Buffer {
  const whole = Buffer.from(JSON.stringify(note));
  const bytes =
    whole.length < slotBytes ? whole : Buffer.from(JSON.stringify({ ...note, detail: '' }));
  const slot = Buffer.alloc(slotBytes, ' ');
  bytes.copy(slot, 0, 0, slotBytes - 1);
  slot[slotBytes - 1] = 0x0a;
  return slot;
}

/** By slot; one that was torn by a crash reads as none. */
function readNotes(file: string): Map<number, Note> {
  const bytes = readFileSync(file);
  const notes = new Map<number, Note>();
  for (let slot = 0; slot < slots; slot += 1) {
    const note = parseNote(bytes.toString('utf8', slot * slotBytes, (slot + 1) * slotBytes).trim());
    if (note !== null) notes.set(slot, note);
  }
  return notes;
}

function parseNote(text: string): Note | null {
  if (text === '') return null;
  try {
    const { key, state, detail, seq } = JSON.parse(text) as Partial<Note>;
    if (typeof key !== 'string' || typeof seq !== 'number' || state === undefined) return null;
    return { key, state, detail: detail ?? '', seq };
  } catch {
    return null;
  }
}
