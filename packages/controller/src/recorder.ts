/** Writes what the supervisor tells into the journal, once, together with the place we have read to. */
import type { FullJournal, KeyedEvent } from './journal.ts';
import { eventsOfNotice, eventsOfView } from './notice-events.ts';
import type { Cursor, Store } from './store.ts';
import type { LinkOptions } from './supervisor-link.ts';

/** Runs that ended longer ago are not told from a snapshot: the journal may have forgotten them. */
const tellWithinMs = 7 * 86_400_000;

export function createRecorder(
  journal: FullJournal,
  store: Store,
  nowMs: () => number,
): Pick<LinkOptions, 'cursor' | 'record' | 'recordSnapshot'> {
  let cursor = store.cursor();
  const write = (events: readonly KeyedEvent[], next: Cursor): void => {
    cursor = next;
    // Without events nothing is written: heard again after a restart, it tells nothing again.
    if (events.length > 0) journal.appendAll(events, next);
  };
  return {
    cursor: () => cursor,
    record: (notice, before, { atMs, cursor: next }) =>
      write(eventsOfNotice(notice, before, atMs), next),
    recordSnapshot(views, before, next) {
      const events = views.flatMap((view) => eventsOfView(view, before(view.instance), nowMs()));
      write(events.filter(worthTelling(nowMs())).toSorted(byTime), next);
    },
  };
}

/** Only what has a key: anything else may have been told before. */
function worthTelling(nowMs: number): (event: KeyedEvent) => boolean {
  return ({ key, at }) => key !== null && nowMs - Date.parse(at) < tellWithinMs;
}

function byTime(one: KeyedEvent, other: KeyedEvent): number {
  return Date.parse(one.at) - Date.parse(other.at);
}
