/**
 * Recordings of incidents in `.fettle/capsules`, and the capsules made of them.
 *
 * What is written down is decided in the core (`incident/recording.ts`); here it gets to disk in the
 * order in which it came, without holding the loop up. A recording that cannot be written ends; the
 * loop goes on. Files are bounded together: the oldest leave first.
 */
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeUtil } from '@fettle/sdk/builtin';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Capsule } from '@fettle/core/incident/capsule';
import { cleanerOf } from '@fettle/core/incident/clean';
import type { Frozen } from '@fettle/core/incident/frozen';
import type { Incident } from '@fettle/core/incident/incident';
import { makeCapsule } from '@fettle/core/incident/make-capsule';
import {
  afterStep,
  beforeStep,
  openRecording,
  readRecording,
  type ReadRecording,
  type RecordingBounds,
  type RecordLine,
  type Stepped,
  type Written,
} from '@fettle/core/incident/recording';
import type { LoopEvent } from '@fettle/core/loop-event';
import type { Run } from '@fettle/core/loop/remedy/run';
import type { Stack } from '@fettle/core/stack/service';
import { FettleError } from '@fettle/sdk/fettle-error';

/** Looks over the loop's shoulder; never throws. */
export type StepRecorder = Readonly<{
  wantsSnapshot(): boolean;
  /** Before the step, which may change what the event holds. */
  before(event: LoopEvent): Frozen | null;
  after(stepped: Stepped): void;
}>;

export type Capsules = Readonly<{
  recorder: StepRecorder;
  /** @throws FettleError E-CAPSULE-NONE */
  capsule(of: CapsuleOf): Promise<Capsule>;
  stop(): Promise<void>;
}>;

export type CapsuleOf = Readonly<{
  incident: Incident;
  runs: readonly Run[];
  /** Takes its secrets out; null: there is no stack (yet). */
  stack: Stack | null;
}>;

export type CapsuleOptions = Readonly<{
  /** `.fettle/capsules`; made when something is recorded. */
  folder: string;
  /** Version of the engine. */
  engine: string;
  bounds?: RecordingBounds;
  mostBytes?: number;
  onTrouble: (cause: unknown) => void;
}>;

const deflate = nodeUtil().promisify(deflateRaw);
const inflate = nodeUtil().promisify(inflateRaw);
const allBytes = 64 * 1_048_576;
/** Larger ones were not packed by us. */
const mostStateBytes = 128 * 1_048_576;

/** In the place of a recording: it is a part of another one. */
type Elsewhere = Readonly<{ kind: 'elsewhere'; id: string }>;
/** What the loop knew at first, raw deflate in base64. */
type Packed = Readonly<{ kind: 'packed'; state: string }>;

export function openCapsules(options: CapsuleOptions): Capsules {
  const { folder, engine, bounds, onTrouble } = options;
  const recording = openRecording(engine, bounds);
  let broken = false;
  let writing: Promise<void> = Promise.resolve();
  const lost = new Set<string>();
  const fail = (cause: unknown): void => {
    if (recording.live !== null) lost.add(recording.live.id);
    recording.live = null;
    if (!broken) onTrouble(cause);
    broken = true;
  };
  const put = (written: Written): void => {
    const isFirst = written.lines[0]?.startsWith('{"kind":"head"') === true;
    writing = writing
      .then(() => save(options, written, isFirst))
      .then(() => void (broken = false))
      .catch(fail);
  };
  return {
    recorder: {
      wantsSnapshot: () => recording.live === null,
      before(event) {
        try {
          return beforeStep(recording, event);
        } catch (cause) {
          fail(cause);
          return null;
        }
      },
      after(stepped) {
        try {
          const written = afterStep(recording, stepped);
          if (written !== null) put(written);
        } catch (cause) {
          fail(cause);
        }
      },
    },
    async capsule({ incident, runs, stack }) {
      await writing;
      const { read, id } = await readFor(folder, incident.id);
      const isLive = recording.live?.id === id;
      const unended = isLive
        ? 'the incident was not over'
        : lost.has(id)
          ? 'it could not be written on'
          : 'controller restarted';
      const clean = cleanerOf(stack);
      return makeCapsule({ recording: read, unended, incident, runs, clean });
    },
    stop: () => writing,
  };
}

async function save(options: CapsuleOptions, written: Written, isFirst: boolean): Promise<void> {
  const { folder } = options;
  const { id, lines, joined, ended } = written;
  if (isFirst) await mkdir(folder, { recursive: true, mode: 0o700 });
  const packed = await Promise.all(lines.map(pack));
  const text = `${packed.join('\n')}\n`;
  const file = fileOf(folder, id);
  if (isFirst) await writeFile(file, text, { mode: 0o600 });
  else await appendFile(file, text, { mode: 0o600 });
  for (const other of joined) {
    const line = JSON.stringify({ kind: 'elsewhere', id } satisfies Elsewhere);
    await writeFile(fileOf(folder, other), `${line}\n`, { mode: 0o600 });
  }
  if (isFirst || ended) await prune(options, id);
}

function fileOf(folder: string, id: string): string {
  return join(folder, `${id.replaceAll(/[^\w-]/g, '_')}.ndjson`);
}

async function pack(line: string): Promise<string> {
  if (!line.startsWith('{"kind":"state"')) return line;
  const { state } = JSON.parse(line) as Extract<RecordLine, Readonly<{ kind: 'state' }>>;
  const bytes = await deflate(JSON.stringify(state));
  return JSON.stringify({ kind: 'packed', state: bytes.toString('base64') } satisfies Packed);
}

async function unpack(line: RecordLine | Packed | Elsewhere): Promise<RecordLine | Elsewhere> {
  if (line.kind !== 'packed') return line;
  const bytes = await inflate(Buffer.from(line.state, 'base64'), {
    maxOutputLength: mostStateBytes,
  });
  return { kind: 'state', state: JSON.parse(bytes.toString()) as Frozen };
}

/** The oldest leave; the one at hand stays. */
async function prune({ folder, mostBytes = allBytes }: CapsuleOptions, id: string): Promise<void> {
  const own = fileOf(folder, id);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path);
      return { path, size, mtimeMs: path === own ? Infinity : mtimeMs };
    }),
  );
  let bytes = 0;
  for (const { path, size } of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    bytes += size;
    if (bytes > mostBytes && path !== own) await rm(path, { force: true });
  }
}

type ReadFor = Readonly<{ read: ReadRecording; id: string }>;

/** @throws FettleError E-CAPSULE-NONE */
async function readFor(folder: string, id: string, isSecond = false): Promise<ReadFor> {
  const lines = await linesOf(fileOf(folder, id));
  const [first] = lines;
  if (first?.kind === 'elsewhere' && !isSecond) return readFor(folder, first.id, true);
  const own = lines.filter((line) => line.kind !== 'elsewhere');
  const read = readRecording(own);
  if (read !== null) return { read, id };
  const end = own.find((line) => line.kind === 'end');
  const why =
    end?.truncated ??
    (lines.length === 0 ? 'it is older than what is kept, or began before this' : 'it is damaged');
  throw new FettleError('E-CAPSULE-NONE', `${id} has no recording: ${why}`, {
    hint: `fettle incidents write-up ${id} tells what was done`,
    status: 404,
    exitCode: 3,
  });
}

/** Empty: there is no such file. A last line that was torn by a crash is left out. */
async function linesOf(file: string): Promise<readonly (RecordLine | Elsewhere)[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const parsed = text.split('\n').flatMap((line): readonly (RecordLine | Packed | Elsewhere)[] => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as RecordLine | Packed | Elsewhere];
    } catch {
      return [];
    }
  });
  return Promise.all(parsed.map(unpack));
}
