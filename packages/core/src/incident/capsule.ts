/**
 * An incident in a capsule: what the loop knew when it opened, every event until it was over, and
 * what was decided then. Plain JSON without secrets; `replay.ts` decides it again.
 */
import type { LoopEvent } from '../loop-event.ts';
import { thaw, type Fault, type Frozen } from './frozen.ts';
import type { Trace } from './trace.ts';

export const capsuleSchema = 'fettle.capsule/v1';

export type Capsule = Readonly<{
  schema: typeof capsuleSchema;
  /** Version of the engine that decided. */
  engine: string;
  incident: string;
  /** All that opened while it was recorded, in that order. */
  incidents: readonly string[];
  /** Is the opening itself decided again, or was it a fact when recording began? */
  begins: 'before-opening' | 'after-opening';
  /** What is missing at the end and why; null: it is whole. */
  truncated: string | null;
  state: Frozen;
  events: readonly CapsuleEvent[];
  /** The incident and its runs as they were when it was exported. */
  was: Readonly<{ incident: Frozen; runs: Frozen }>;
}>;

export type CapsuleEvent = Readonly<{ nowMs: number; event: Frozen }> & Trace;

export type ReadCapsule =
  | Readonly<{ capsule: Capsule; fault: null }>
  | Readonly<{ capsule: null; fault: Fault }>;

type Fields = Readonly<Record<string, unknown>>;

/** Checks the shape; what is frozen inside is checked when it is thawed. */
export function readCapsule(json: unknown): ReadCapsule {
  const broken = (at: string, message: string): ReadCapsule => ({
    capsule: null,
    fault: { at, message },
  });
  if (!isFields(json)) return broken('the file', 'holds no object');
  if (json['schema'] !== capsuleSchema)
    return broken('schema', `is ${JSON.stringify(json['schema'] ?? null)}, not ${capsuleSchema}`);
  const wrong = wrongHead(json);
  if (wrong !== null) return broken(wrong, 'is missing or of the wrong kind');
  const events = json['events'] as readonly unknown[];
  let nowMs = Number.NEGATIVE_INFINITY;
  for (const [index, event] of events.entries()) {
    const at = `events[${index}]`;
    if (!isFields(event)) return broken(at, 'is no object');
    const field = wrongEvent(event);
    if (field !== null) return broken(`${at}.${field}`, 'is missing or of the wrong kind');
    const ownMs = event['nowMs'] as number;
    if (ownMs < nowMs) return broken(`${at}.nowMs`, 'is earlier than the event before it');
    nowMs = ownMs;
  }
  return { capsule: json as unknown as Capsule, fault: null };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function wrongHead(json: Fields): string | null {
  const { engine, incident, incidents, begins, truncated, state, events, was } = json;
  if (typeof engine !== 'string') return 'engine';
  if (typeof incident !== 'string') return 'incident';
  if (!isTexts(incidents)) return 'incidents';
  if (begins !== 'before-opening' && begins !== 'after-opening') return 'begins';
  if (truncated !== null && typeof truncated !== 'string') return 'truncated';
  if (!isFields(state)) return 'state';
  if (!Array.isArray(events)) return 'events';
  return isFields(was) ? null : 'was';
}

function wrongEvent({ nowMs, event, decided, asked, sum }: Fields): string | null {
  if (typeof nowMs !== 'number' || nowMs < 0 || nowMs > Number.MAX_SAFE_INTEGER) return 'nowMs';
  if (!isFields(event)) return 'event';
  if (!isTexts(asked)) return 'asked';
  if (typeof sum !== 'string') return 'sum';
  return Array.isArray(decided) && decided.every(isDecision) ? null : 'decided';
}

function isDecision(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { incident, kind, about, text, details } = value;
  return isTexts([incident, kind, about, text]) && isTexts(details);
}

const kinds: ReadonlySet<unknown> = new Set<LoopEvent['kind']>([
  'observed',
  'ticked',
  'configured',
  'restored',
  'reflex',
  'examined',
  'answered',
  'evidence-kept',
  'acted',
  'captured',
  'undone',
  'act-observed',
  'commanded',
]);

export type ReadEvent =
  | Readonly<{ event: LoopEvent; fault: null }>
  | Readonly<{ event: null; fault: Fault }>;

export function thawEvent(frozen: Frozen, at: string): ReadEvent {
  const { value, fault } = thaw(frozen, at);
  if (fault !== null) return { event: null, fault };
  const kind = isFields(value) ? value['kind'] : undefined;
  if (!kinds.has(kind))
    return { event: null, fault: { at: `${at}.kind`, message: 'is no kind of event' } };
  return { event: value as LoopEvent, fault: null };
}
