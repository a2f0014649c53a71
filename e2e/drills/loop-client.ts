/** What Fettle says of itself over its API: status, incidents, events. */
import type { StatusDocument } from '@fettle/sdk/api/status';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { IncidentDocument, IncidentRow, IncidentsDocument } from '@fettle/sdk/api/incidents';

export type LoopClient = Readonly<{
  /** GET of any document; waits for a controller that is just restarting. */
  read<T>(path: string): Promise<T>;
  status(): Promise<StatusDocument>;
  /** Newest last. */
  incidents(): Promise<readonly IncidentRow[]>;
  /** One with its timeline, plans and runs. */
  incident(id: string): Promise<IncidentDocument>;
  /** Oldest first, those after `after`. */
  events(after: number): Promise<readonly StackEvent[]>;
}>;

const requestMs = 5_000;
/** A controller that is just restarting is waited for. */
const patienceMs = 20_000;

export function loopClient(url: () => string | null): LoopClient {
  async function read<T>(path: string): Promise<T> {
    const limitMs = performance.now() + patienceMs;
    for (;;) {
      try {
        const response = await fetch(`${url()}${path}`, { signal: AbortSignal.timeout(requestMs) });
        if (!response.ok) throw new RangeError(`${path}: HTTP ${response.status}`);
        return (await response.json()) as T;
      } catch (cause) {
        if (performance.now() > limitMs) throw cause;
        await new Promise((resolve) => {
          setTimeout(resolve, 200);
        });
      }
    }
  }
  return {
    read,
    status: () => read<StatusDocument>('/api/v1/status'),
    async incidents() {
      const { incidents } = await read<IncidentsDocument>('/api/v1/incidents');
      return incidents.toSorted((a, b) => a.openedAt.localeCompare(b.openedAt));
    },
    incident: (id) => read<IncidentDocument>(`/api/v1/incidents/${id}`),
    async events(after) {
      const { events } = await read<{ events: readonly StackEvent[] }>(
        `/api/v1/events?after=${after}&limit=1000`,
      );
      return events;
    },
  };
}
