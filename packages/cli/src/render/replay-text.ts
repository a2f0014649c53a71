/** What a replay found, in words: nothing, or what was decided beside what would be. */
import type { Decision } from '@fettle/core/incident/decisions';
import type { Difference, Placed } from '@fettle/core/incident/replay';
import type { ReplayDocument } from '../replay/replay-document.ts';
import { formatMoment, plural } from '../terminal/amount.ts';
import type { Look } from '../terminal/look.ts';
import { paint } from '../terminal/paint.ts';

const mostDifferences = 40;

export function renderReplay(document: ReplayDocument, look: Look): string {
  const { differences, was, truncated, begins } = document;
  const lines = [head(document, look)];
  if (truncated !== null) lines.push(`The recording is not whole: ${truncated}.`);
  if (begins === 'after-opening')
    lines.push('It begins after the incident had opened: what follows is decided again.');
  lines.push('');
  if (differences.length === 0) lines.push(...nothingDiffers(document, look));
  else {
    lines.push(paint(look, 'bold', plural(differences.length, 'difference')));
    for (const difference of differences.slice(0, mostDifferences))
      lines.push(...differenceLines(difference, look));
    const more = differences.length - mostDifferences;
    if (more > 0) lines.push(`  … and ${more} more: --json`);
  }
  lines.push(...unfitLines(document, look));
  if (document.with !== null && differences.length === 0)
    lines.push(...was.map((decision) => placedLine(decision, look)));
  return `${lines.join('\n')}\n`;
}

function head({ incident, engine, events, with: other }: ReplayDocument, look: Look): string {
  const engines =
    engine.was === engine.now
      ? `Fettle ${engine.now}`
      : `recorded by Fettle ${engine.was}, decided by ${engine.now}`;
  const under = other === null ? '' : ` with ${other}`;
  return `${paint(look, 'bold', `${incident} again${under}`)} · ${plural(events, 'event')} · ${engines}`;
}

function nothingDiffers({ was, divergesAt }: ReplayDocument, look: Look): readonly string[] {
  const count = plural(was.length, 'decision');
  if (divergesAt === null) return [`No difference: ${count} as they were.`];
  const at = formatMoment(new Date(divergesAt.atMs).toISOString(), look);
  return [
    `${count} as they were; what goes with them differs from event ${divergesAt.event} on (${divergesAt.on}, ${at}).`,
  ];
}

function differenceLines(difference: Difference, look: Look): readonly string[] {
  const { was, now, atMs, event } = difference;
  const decision = now ?? was;
  const at = formatMoment(new Date(atMs).toISOString(), look);
  return [
    '',
    `${at}  ${decision?.incident ?? ''} ${decision?.kind ?? ''} (event ${event})`,
    `  was  ${was?.text ?? 'nothing'}`,
    `  now  ${paint(look, 'warn', now?.text ?? 'nothing')}`,
    ...otherDetails(was, now).map((detail) => `       ${detail}`),
  ];
}

/** Of what is decided now, what was not said then. */
function otherDetails(was: Decision | null, now: Decision | null): readonly string[] {
  const before = new Set(was?.details);
  return (now?.details ?? []).filter((detail) => !before.has(detail));
}

function unfitLines({ unfitFrom }: ReplayDocument, look: Look): readonly string[] {
  if (unfitFrom === null) return [];
  const { event, atMs, was, now } = unfitFrom;
  const at = formatMoment(new Date(atMs).toISOString(), look);
  return [
    '',
    `From event ${event} on (${at}) the recorded answers no longer fit what is asked:`,
    `  was asked  ${was ?? 'nothing'}`,
    `  now asked  ${now ?? 'nothing'}`,
    'What follows shows the way it would have gone, not how the world would have answered.',
  ];
}

function placedLine({ atMs, kind, text }: Placed, look: Look): string {
  return `${formatMoment(new Date(atMs).toISOString(), look)}  ${kind}: ${text}`;
}
