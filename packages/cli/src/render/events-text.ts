/** Events and timelines: one line each, oldest first. */
import type { StackEvent } from '@fettle/sdk/api/documents';
import { formatMoment } from '../terminal/amount.ts';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint } from '../terminal/paint.ts';
import { padTo, truncateMiddle } from '../terminal/width.ts';

/** `nameColumns`: width of the longest service name; 0 leaves names out. */
export function renderEvent(event: StackEvent, look: Look, nameColumns: number): string {
  const mark = event.severity === 'error' ? '✕' : event.severity === 'warn' ? '▲' : '·';
  const tone = event.severity === 'error' ? 'bad' : event.severity === 'warn' ? 'warn' : 'dim';
  const glyph = paint(look, tone, fitCharset(mark, look.unicode));
  const name = nameColumns === 0 ? '' : `${padTo(event.service ?? '', nameColumns)}  `;
  const head = `${formatMoment(event.at, look)}  ${glyph} ${name}`;
  const text = fitCharset(event.text, look.unicode);
  return `${truncateMiddle(head + text, look.columns, look.unicode)}\n`;
}

export function renderEvents(events: readonly StackEvent[], look: Look, named: boolean): string {
  const longest = Math.max(0, ...events.map((event) => event.service?.length ?? 0));
  return events.map((event) => renderEvent(event, look, named ? longest : 0)).join('');
}
