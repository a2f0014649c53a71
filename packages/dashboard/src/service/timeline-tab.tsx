/** What happened to one service, newest first. */
import { api } from '../api.ts';
import { recent } from '../live.ts';
import { useLoaded } from '../parts/loaded.ts';
import { Timeline } from '../parts/timeline.tsx';

export function TimelineTab({ name }: { name: string }) {
  const newest = recent.value.find((event) => event.service === name)?.seq ?? 0;
  const { data, problem } = useLoaded(() => api.timeline(name), `${name} ${newest}`, null);
  return (
    <section class="panel" aria-label="Timeline">
      <Timeline
        events={(data?.events ?? []).toReversed()}
        empty={problem ?? `Nothing happened to ${name} yet.`}
      />
    </section>
  );
}
