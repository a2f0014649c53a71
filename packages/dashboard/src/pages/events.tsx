/** The journal in words, newest first, for the whole stack. */
import { api } from '../api.ts';
import { recent, status } from '../live.ts';
import { useLoaded } from '../parts/loaded.ts';
import { Timeline } from '../parts/timeline.tsx';
import { query, setQuery } from '../router.ts';

export function EventsPage() {
  const newest = recent.value[0]?.seq ?? 0;
  const { data, problem } = useLoaded(() => api.timeline(null), `events ${newest}`, null);
  const service = query.value.get('service') ?? '';
  const events = (data?.events ?? []).filter(
    (event) => service === '' || event.service === service,
  );
  return (
    <>
      <div class="head">
        <h1>Events</h1>
        <label class="end">
          <span class="visually-hidden">Service</span>
          <select
            class="field"
            value={service}
            onChange={(event) => setQuery({ service: event.currentTarget.value })}
          >
            <option value="">All services</option>
            {(status.value?.services ?? []).map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <section class="panel" aria-label="Events">
        <Timeline
          events={events.toReversed()}
          empty={
            problem ??
            'Nothing happened yet. Starts, ends, moved ports and commands will stand here.'
          }
        />
      </section>
    </>
  );
}
