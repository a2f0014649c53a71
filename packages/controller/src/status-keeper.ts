/**
 * Keeps the status document fresh without working at rest: it is put together when somebody asks
 * and something has changed, and shortly after a change so that new state words reach the journal.
 */
import { statSync } from 'node:fs';
import type { ConfigChange, DaemonStatus, State, StatusDocument } from '@fettle/sdk/api/status';
import type { FullJournal } from './journal.ts';
import type { LoopPart } from './loop/loop-part.ts';
import type { FiguresPart, HealthPart, WhyPart } from './parts.ts';
import { createStateEvents } from './state-events.ts';
import { assembleStatus } from './status.ts';
import type { Store } from './store.ts';
import type { FullLink } from './supervisor-link.ts';
import { fitsState } from './why/fits-state.ts';

export type StatusKeeper = Readonly<{
  document(): StatusDocument;
  /** Changes with what `document` says, the time of looking left out. */
  version(): number;
  /** The document as JSON; the same string while the version is the same. */
  json(): string;
  /** A new look is due: something that we cannot hear of has changed. */
  touch(): void;
  onChange(listener: (document: StatusDocument) => void): () => void;
  stop(): void;
}>;

export type StatusParts = Readonly<{
  link: FullLink;
  journal: FullJournal;
  store: Store;
  health: Pick<HealthPart, 'checks' | 'marks' | 'healing'>;
  figures: Pick<FiguresPart, 'latest'>;
  why: Pick<WhyPart, 'why' | 'onChange'>;
  loop: Pick<LoopPart, 'healing' | 'onChange'>;
  dir: string;
  daemon: () => DaemonStatus;
  nowMs: () => number;
}>;

/** Changes closer together are told as one (UX: at most 4 renders a second). */
const coalesceMs = 100;
/** Figures and check results move without an event: this old a document is put together anew. */
const maxAgeMs = 1_000;
const configLookMs = 5_000;

export function createStatusKeeper(parts: StatusParts): StatusKeeper {
  const listeners = new Set<(document: StatusDocument) => void>();
  const configChanged = configWatch(parts);
  let current: StatusDocument | null = null;
  let text = '';
  let version = 0;
  let takenAtMs = 0;
  let dirty = true;
  let timer: NodeJS.Timeout | null = null;
  let review: NodeJS.Timeout | null = null;

  const reasonOf = (service: string, state: State): string | null => {
    const why = parts.why.why(service);
    return why !== null && fitsState(why.cause, state) ? why.sentence : null;
  };
  const isHealing = (instance: string): boolean =>
    parts.health.healing(instance) ||
    parts.loop.healing(parts.link.instance(instance)?.service ?? instance);
  const look = (): StatusDocument => {
    const nowMs = parts.nowMs();
    dirty = false;
    takenAtMs = nowMs;
    const { document, reviewAtMs } = assembleStatus({
      stack: parts.link.stack(),
      dir: parts.dir,
      views: parts.link.instances(),
      checks: parts.health.checks,
      marks: parts.health.marks,
      healing: isHealing,
      figures: parts.figures.latest,
      why: reasonOf,
      configChanged: configChanged(nowMs),
      before: states.known,
      daemon: parts.daemon(),
      nowMs,
    });
    states.take(document);
    if (review !== null) clearTimeout(review);
    review =
      reviewAtMs === null ? null : setTimeout(touch, Math.max(10, reviewAtMs - nowMs)).unref();
    const before = current;
    // While the supervisor is away the figures stay those of the last look that saw it.
    current = before === null || parts.link.connected() ? document : { ...document, at: before.at };
    text = '';
    if (before !== null && sameButTime(before, document)) return current;
    version += 1;
    for (const listener of listeners) listener(document);
    return current;
  };
  const touch = (): void => {
    dirty = true;
    timer ??= setTimeout(() => {
      timer = null;
      if (dirty) look();
    }, coalesceMs).unref();
  };
  const fresh = (): StatusDocument => {
    const old = dirty || parts.nowMs() - takenAtMs > maxAgeMs;
    return current === null || old ? look() : current;
  };
  const states = createStateEvents({
    ...parts,
    reasonKnown: (service, state) => reasonOf(service, state) !== null,
    again: () => void touch(),
  });
  const disposers = [
    parts.link.onNotice(touch),
    parts.link.onSnapshot(touch),
    parts.link.onConnection(touch),
    parts.why.onChange(touch),
    parts.loop.onChange(touch),
    parts.journal.onEvent((event) => {
      if (event.kind !== 'service.state') touch();
    }),
  ];
  return {
    document: fresh,
    version: () => (fresh(), version),
    json() {
      const document = fresh();
      if (text === '') text = JSON.stringify(document);
      return text;
    },
    touch,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      for (const dispose of disposers) dispose();
      states.stop();
      if (timer !== null) clearTimeout(timer);
      if (review !== null) clearTimeout(review);
    },
  };
}

function sameButTime(one: StatusDocument, other: StatusDocument): boolean {
  return JSON.stringify({ ...one, at: '' }) === JSON.stringify({ ...other, at: '' });
}

/** The config file that was edited last after it was applied. Looked at every 5 s at most. */
function configWatch({ link }: StatusParts): (nowMs: number) => ConfigChange | null {
  let lookedAtMs = -Infinity;
  let newest = { file: '', atMs: 0 };
  return (nowMs) => {
    const stack = link.stack();
    if (stack === null) return null;
    if (nowMs - lookedAtMs >= configLookMs) {
      lookedAtMs = nowMs;
      newest = stack.files
        .map((file) => ({ file, atMs: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
        .reduce((one, other) => (other.atMs > one.atMs ? other : one), { file: '', atMs: 0 });
    }
    const { file, atMs } = newest;
    // Whole milliseconds on both sides: the applied time may have been rounded.
    if (Math.floor(atMs) <= Math.ceil(stack.configModifiedAtMs)) return null;
    return { file, at: new Date(atMs).toISOString() };
  };
}
