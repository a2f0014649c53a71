/**
 * Decides what of the loop's events is written down for capsules: from the moment at which an
 * incident opens until all are over and a little longer. Bounded; what is cut is said. While
 * nothing is open it looks at two numbers and does nothing.
 *
 * Incidents that are open at the same time share one recording, named after the first.
 */
import type { Stack } from '../stack/service.ts';
import type { LoopEffect } from '../loop-effect.ts';
import type { LoopEvent } from '../loop-event.ts';
import { openIncidents, type LoopState } from '../loop-state.ts';
import type { CapsuleEvent } from './capsule.ts';
import { cleanerOf } from './clean.ts';
import type { DecisionBook } from './decisions.ts';
import { freezeLoop, isTooLarge } from './freeze.ts';
import { freeze, type Clean, type Frozen } from './frozen.ts';
import { thought } from './snapshot.ts';
import { traceOf } from './trace.ts';

/** One line of a recording on disk. */
export type RecordLine =
  | Readonly<{ kind: 'head'; engine: string; begins: 'before-opening' | 'after-opening' }>
  | Readonly<{ kind: 'state'; state: Frozen }>
  | (Readonly<{ kind: 'event' }> & CapsuleEvent)
  | Readonly<{ kind: 'incident'; id: string }>
  | Readonly<{ kind: 'end'; truncated: string | null }>;

export type Recording = {
  readonly engine: string;
  readonly bounds: RecordingBounds;
  live: Live | null;
  /** Incidents that were opened so far: more of them after a step, and one has opened. */
  opened: number;
};

export type RecordingBounds = Readonly<{ mostBytes: number; mostMs: number; restMs: number }>;

const usualBounds: RecordingBounds = {
  mostBytes: 8 * 1_048_576,
  mostMs: 30 * 60_000,
  restMs: 30_000,
};

type Live = {
  readonly id: string;
  readonly incidents: Set<string>;
  readonly book: DecisionBook;
  readonly sinceMs: number;
  clean: Clean;
  bytes: number;
  /** Since when nothing is open; null: something is. */
  quietSinceMs: number | null;
};

export type Written = Readonly<{
  /** The incident after which the recording is named. */
  id: string;
  /** JSON, one line each. */
  lines: readonly string[];
  /** Incidents that have their part in it from now on, `id` aside. */
  joined: readonly string[];
  ended: boolean;
}>;

export function openRecording(engine: string, bounds: RecordingBounds = usualBounds): Recording {
  return { engine, bounds, live: null, opened: 0 };
}

/** Before the step, which may keep and change what the event holds; null: nothing is recorded. */
export function beforeStep({ live }: Recording, event: LoopEvent): Frozen | null {
  if (live === null) return null;
  const stack = stackIn(event);
  if (stack !== null) live.clean = cleanerOf(stack);
  return freeze(event, live.clean);
}

function stackIn(event: LoopEvent): Stack | null {
  if (event.kind !== 'observed') return null;
  for (const observation of event.observations)
    if (observation.kind === 'stack') return observation.stack;
  return null;
}

export type Stepped = Readonly<{
  /** What `beforeStep` answered. */
  event: Frozen | null;
  effects: readonly LoopEffect[];
  state: LoopState;
  nowMs: number;
}>;

/** null: there is nothing to write. */
export function afterStep(recording: Recording, stepped: Stepped): Written | null {
  const { state } = stepped;
  const { incident: opened } = state.counters;
  const hasOpened = opened > recording.opened;
  recording.opened = opened;
  // At the start the counter comes back with what was kept.
  if (recording.live === null && (!hasOpened || !opensNow(stepped))) return null;
  return recording.live === null
    ? begin(recording, stepped)
    : goOn(recording, recording.live, stepped);
}

function opensNow({ state, nowMs }: Stepped): boolean {
  return openIncidents(state).some(({ openedMs }) => openedMs === nowMs);
}

function begin(recording: Recording, stepped: Stepped): Written | null {
  const { state, effects, nowMs } = stepped;
  const [first, ...others] = newIncidents(stepped, new Set());
  if (first === undefined) return null;
  const clean = cleanerOf(state.picture.stack);
  const live: Live = {
    id: first,
    incidents: new Set([first, ...others]),
    book: new Map(),
    sinceMs: nowMs,
    clean,
    bytes: 0,
    quietSinceMs: null,
  };
  recording.live = live;
  const at = effects.findIndex(({ kind }) => kind === 'snapshot');
  const snapshot = effects[at];
  const begins = snapshot?.kind === 'snapshot' ? 'before-opening' : 'after-opening';
  const lines: RecordLine[] = [{ kind: 'head', engine: recording.engine, begins }];
  if (snapshot?.kind === 'snapshot') {
    // What was told before it thought was no part of the thought.
    const told = effects.filter(({ kind }, index) => kind === 'keep' || index > at);
    const trace = traceOf(told, live.book, clean);
    lines.push(
      { kind: 'state', state: snapshot.state },
      { kind: 'event', nowMs, event: freeze(thought), ...trace },
    );
  } else if (isTooLarge(state))
    lines.push({ kind: 'end', truncated: 'there are too many figures for a capsule' });
  else lines.push({ kind: 'state', state: freezeLoop(state, clean) });
  for (const id of live.incidents) lines.push({ kind: 'incident', id });
  return written(recording, live, lines, others);
}

function goOn(recording: Recording, live: Live, stepped: Stepped): Written | null {
  const { event, effects, state, nowMs } = stepped;
  if (event === null) return null;
  const trace = traceOf(effects, live.book, live.clean);
  const lines: RecordLine[] = [{ kind: 'event', nowMs, event, ...trace }];
  const joined = newIncidents(stepped, live.incidents);
  for (const id of joined) {
    live.incidents.add(id);
    lines.push({ kind: 'incident', id });
  }
  live.quietSinceMs = openIncidents(state).length > 0 ? null : (live.quietSinceMs ?? nowMs);
  const { mostMs, restMs } = recording.bounds;
  if (live.quietSinceMs !== null && nowMs - live.quietSinceMs >= restMs)
    lines.push({ kind: 'end', truncated: null });
  else if (nowMs - live.sinceMs >= mostMs)
    lines.push({ kind: 'end', truncated: `cut after ${Math.round(mostMs / 60_000)} min` });
  return written(recording, live, lines, joined);
}

function newIncidents({ effects, state }: Stepped, known: ReadonlySet<string>): readonly string[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'keep' || effect.record.kind !== 'incident') return [];
    const { id } = effect.record;
    const isOpen = state.incidents.get(id)?.resolvedMs === null;
    return isOpen && !known.has(id) ? [id] : [];
  });
}

function written(
  recording: Recording,
  live: Live,
  lines: readonly RecordLine[],
  joined: readonly string[],
): Written {
  const texts: string[] = [];
  const { mostBytes } = recording.bounds;
  for (const line of lines) {
    const text = JSON.stringify(line);
    // What it knew at first has its own bound, and is packed on disk.
    if (line.kind !== 'state') live.bytes += text.length;
    if (live.bytes <= mostBytes || line.kind === 'end') {
      texts.push(text);
      if (line.kind === 'end') recording.live = null;
      continue;
    }
    const truncated = `cut at ${Math.round(mostBytes / 1_048_576)} MiB`;
    texts.push(JSON.stringify({ kind: 'end', truncated } satisfies RecordLine));
    recording.live = null;
    break;
  }
  return { id: live.id, lines: texts, joined, ended: recording.live === null };
}

export type ReadRecording = Readonly<{
  head: Extract<RecordLine, Readonly<{ kind: 'head' }>>;
  state: Frozen;
  events: readonly CapsuleEvent[];
  incidents: readonly string[];
  /** null: it is whole; undefined: it has no end (yet). */
  truncated: string | null | undefined;
}>;

/** null: it does not even hold what the loop knew at first. A torn last line is left out. */
export function readRecording(lines: readonly RecordLine[]): ReadRecording | null {
  const head = lines.find((line) => line.kind === 'head');
  const first = lines.find((line) => line.kind === 'state');
  if (head === undefined || first === undefined) return null;
  const end = lines.find((line) => line.kind === 'end');
  return {
    head,
    state: first.state,
    events: lines.flatMap((line) => {
      if (line.kind !== 'event') return [];
      const { kind: _, ...event } = line;
      return [event];
    }),
    incidents: lines.flatMap((line) => (line.kind === 'incident' ? [line.id] : [])),
    truncated: end?.truncated,
  };
}
