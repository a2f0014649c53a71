/** What happened, newest first: time, a shape for the severity, one sentence. */
import type { StackEvent } from '@fettle/sdk/api/documents';
import { clock } from '../format.ts';

const shapes = { info: '●', warn: '▲', error: '✕' } as const;

export function Timeline({ events, empty }: { events: readonly StackEvent[]; empty: string }) {
  if (events.length === 0) return <p class="empty">{empty}</p>;
  return (
    <ol class="timeline">
      {events.map((event) => (
        <li key={event.seq} class={event.severity}>
          <time class="faint small mono" dateTime={event.at} title={event.at}>
            {clock(event.at)}
          </time>
          <span class="dot" aria-label={event.severity} role="img">
            {shapes[event.severity]}
          </span>
          <span class="text">{event.text}</span>
        </li>
      ))}
    </ol>
  );
}
