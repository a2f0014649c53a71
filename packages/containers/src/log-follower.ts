/**
 * Takes what a container prints from the engine into the run's spool, where the log keeper finds it
 * as it finds the output of a process.
 *
 * The engine keeps the log itself, so that nothing is lost while we are away; a cursor (spool
 * length and the time of the last message written) says where to go on: nothing comes twice.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Engine } from './engine.ts';

export type LogSource = Readonly<{
  engine: Engine;
  id: string;
  tty: boolean;
  spool: string;
  cursor: string;
  /** Epoch ms of the run's start: what earlier runs of the container printed is theirs. */
  sinceMs: number;
  onTrouble: (message: string, cause: unknown) => void;
}>;

export type LogFollower = Readonly<{
  /** Everything that the engine had is written. */
  done: Promise<void>;
  stop(): void;
}>;

type Cursor = Readonly<{ bytes: number; at: string }>;
const saveMs = 1_000;

export function followLog(source: LogSource): LogFollower {
  const abort = new AbortController();
  const done = follow(source, abort.signal).catch((cause: unknown) => {
    if (!abort.signal.aborted) source.onTrouble('the log of a container broke off', cause);
  });
  return { done, stop: () => abort.abort() };
}

async function follow(source: LogSource, signal: AbortSignal): Promise<void> {
  const { engine, id, spool, cursor } = source;
  mkdirSync(dirname(spool), { recursive: true, mode: 0o700 });
  const fd = openSync(spool, 'a', 0o600);
  try {
    const known = readCursor(cursor);
    const stream = await engine.stream('GET', `/containers/${id}/logs`, {
      query: {
        follow: true,
        stdout: true,
        stderr: true,
        timestamps: true,
        since: known === null ? sinceText(source.sinceMs) : seconds(known.at),
      },
      signal,
    });
    await copy(stream, fd, { source, known });
  } finally {
    closeSync(fd);
  }
}

async function copy(
  stream: AsyncIterable<Buffer>,
  fd: number,
  { source, known }: Readonly<{ source: LogSource; known: Cursor | null }>,
): Promise<void> {
  const messages = messageCutter(source.tty);
  let length = fstatSync(fd).size;
  /** Written after the cursor was: it comes again and is passed over. */
  let skip = Math.max(0, length - (known?.bytes ?? 0));
  let at = known?.at ?? '';
  let savedMs = performance.now();
  for await (const chunk of stream) {
    const fresh: Buffer[] = [];
    for (const message of messages(chunk)) {
      if (known !== null && message.at <= known.at) continue;
      at = message.at;
      const passed = Math.min(skip, message.text.length);
      skip -= passed;
      fresh.push(message.text.subarray(passed));
    }
    const bytes = Buffer.concat(fresh);
    if (bytes.length > 0) writeSync(fd, bytes);
    length += bytes.length;
    if (skip > 0 || at === '' || performance.now() - savedMs < saveMs) continue;
    savedMs = performance.now();
    saveCursor(source.cursor, { bytes: length, at });
  }
  if (skip === 0 && at !== '') saveCursor(source.cursor, { bytes: length, at });
}

type Message = Readonly<{ at: string; text: Buffer }>;
const frameHead = 8;

/**
 * Cuts the stream into messages and takes the time off each. Without a terminal each message is a
 * frame: stream, three zeros, length in four bytes. Source: Docker Engine API, "ContainerAttach".
 */
function messageCutter(tty: boolean): (chunk: Buffer) => Iterable<Message> {
  let held: Buffer = Buffer.alloc(0);
  return function* cut(chunk) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      const end = tty ? held.indexOf(10) + 1 : frameEnd(held);
      if (end <= 0 || end > held.length) return;
      const message = held.subarray(tty ? 0 : frameHead, end);
      held = held.subarray(end);
      const space = message.indexOf(32);
      yield { at: message.toString('latin1', 0, space), text: message.subarray(space + 1) };
    }
  };
}

function frameEnd(held: Buffer): number {
  return held.length < frameHead ? 0 : frameHead + held.readUInt32BE(4);
}

function sinceText(ms: number): string {
  return `${Math.floor(ms / 1_000)}.${String(Math.floor(ms % 1_000)).padStart(3, '0')}`;
}

/** RFC 3339 with nine digits to `seconds.nanoseconds`. */
function seconds(at: string): string {
  const fraction = /\.(\d{1,9})/.exec(at)?.[1] ?? '0';
  return `${Math.floor(Date.parse(at) / 1_000)}.${fraction.padEnd(9, '0')}`;
}

function readCursor(file: string): Cursor | null {
  try {
    const { bytes, at } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Cursor>;
    return typeof bytes === 'number' && typeof at === 'string' ? { bytes, at } : null;
  } catch {
    return null;
  }
}

function saveCursor(file: string, cursor: Cursor): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(cursor), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // A full disk: lines may come twice after our next start.
  }
}
