/**
 * Turns a new state word into one event, and keeps the words so that a restarted controller goes on
 * from them.
 *
 * The reason of a failure is found a moment after the failure itself (the last lines must be read),
 * so a bad word is told once its reason is known, or after `reasonMs` without; its time is that of
 * the change either way.
 */
import type { ServiceStatus, State, StatusDocument } from '@fettle/sdk/api/status';
import type { FullJournal, KeyedEvent } from './journal.ts';
import type { Store } from './store.ts';

export type Known = Readonly<{ state: State; sinceMs: number }>;

export type StateEvents = Readonly<{
  /** Word and beginning by service, as last seen. */
  known: ReadonlyMap<string, Known>;
  take(document: StatusDocument): void;
  stop(): void;
}>;

type Untold = Readonly<{ from: State | null; atMs: number; service: ServiceStatus }>;

export const reasonMs = 500;
const severities: Readonly<Partial<Record<State, 'warn' | 'error'>>> = {
  failing: 'error',
  'crash-loop': 'error',
  affected: 'warn',
  degraded: 'warn',
  healing: 'warn',
};

export function createStateEvents(
  parts: Readonly<{
    journal: Pick<FullJournal, 'appendAll'>;
    store: Pick<Store, 'states' | 'saveStates'>;
    /** Has the why part found the reason? */
    reasonKnown: (service: string, state: State) => boolean;
    /** Called when it is time to take the document again. */
    again: () => void;
    nowMs: () => number;
  }>,
): StateEvents {
  const known = loadStates(parts.store);
  const untold = new Map<string, Untold>();
  let timer: NodeJS.Timeout | null = null;
  const isDue = ({ service, atMs }: Untold): boolean =>
    severities[service.state] === undefined ||
    parts.reasonKnown(service.name, service.state) ||
    parts.nowMs() - atMs >= reasonMs;
  const changes = (document: StatusDocument): readonly KeyedEvent[] => {
    const events: KeyedEvent[] = [];
    for (const service of document.services) {
      const { name, state } = service;
      const before = known.get(name) ?? null;
      const waiting = untold.get(name);
      if (before?.state !== state) {
        if (waiting !== undefined) events.push(eventOf(waiting));
        untold.delete(name);
        known.set(name, { state, sinceMs: Date.parse(service.since) });
        // Nothing is told of what we merely do not know yet.
        if (state === 'unknown') continue;
        untold.set(name, { from: before?.state ?? null, atMs: parts.nowMs(), service });
      } else if (waiting !== undefined) untold.set(name, { ...waiting, service });
      const now = untold.get(name);
      if (now === undefined || !isDue(now)) continue;
      events.push(eventOf(now));
      untold.delete(name);
    }
    return events;
  };
  return {
    known,
    take(document) {
      const events = changes(document);
      const gone = forget(document, known, untold);
      if (untold.size > 0 && timer === null)
        timer = setTimeout(() => {
          timer = null;
          parts.again();
        }, reasonMs).unref();
      if (events.length === 0 && gone === 0) return;
      parts.journal.appendAll(events, null);
      save(parts.store, known);
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      const events = [...untold.values()].map(eventOf);
      if (events.length > 0) parts.journal.appendAll(events, null);
      untold.clear();
      save(parts.store, known);
    },
  };
}

function loadStates(store: Pick<Store, 'states'>): Map<string, Known> {
  const rows = store.states();
  return new Map(
    rows.map(({ service, state, sinceMs }) => [service, { state: state as State, sinceMs }]),
  );
}

function eventOf({ from, atMs, service }: Untold): KeyedEvent {
  const { name, state, why } = service;
  return {
    at: new Date(atMs).toISOString(),
    kind: 'service.state',
    service: name,
    instance: null,
    severity: severities[state] ?? 'info',
    text: `${name} is ${state}${why === null ? '' : `: ${why}`}`,
    data: { from, to: state, why },
    key: null,
  };
}

/** Services that left the stack; an empty document is one that knows nothing yet. */
function forget(
  { services }: StatusDocument,
  known: Map<string, Known>,
  untold: Map<string, Untold>,
): number {
  if (services.length === 0) return 0;
  const names = new Set(services.map(({ name }) => name));
  const gone = [...known.keys()].filter((name) => !names.has(name));
  for (const name of gone) {
    known.delete(name);
    untold.delete(name);
  }
  return gone.length;
}

function save(store: Pick<Store, 'saveStates'>, known: ReadonlyMap<string, Known>): void {
  try {
    store.saveStates([...known].map(([service, one]) => ({ service, ...one })));
  } catch {
    // The journal has met the same trouble and health tells of it; the words are kept in memory.
  }
}
