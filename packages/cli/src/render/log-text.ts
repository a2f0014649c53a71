/** Log lines as people read them: a colour per service, boundaries between runs standing out. */
import type { LogLine } from '@fettle/sdk/api/documents';
import { formatMoment } from '../terminal/amount.ts';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint, paintService } from '../terminal/paint.ts';
import { padTo } from '../terminal/width.ts';

export type LogTextOptions = Readonly<{
  /** Width of the name column; 0: no names (one service only). */
  nameColumns: number;
  /** Print the time before each line. */
  times: boolean;
}>;

/** For programs: one line of NDJSON. */
export function jsonLine(line: LogLine): string {
  return `${JSON.stringify({ schema: 'fettle.log-line/v1', ...line })}\n`;
}

/** Log text itself is never cut nor changed: it is data. */
export function renderLogLine(line: LogLine, look: Look, options: LogTextOptions): string {
  const name =
    options.nameColumns === 0
      ? ''
      : `${paintService(look, line.service, padTo(line.instance, options.nameColumns))} `;
  const bar = options.nameColumns === 0 ? '' : fitCharset('│ ', look.unicode);
  const at = options.times ? `${paint(look, 'dim', formatMoment(line.at, look))} ` : '';
  if (line.kind === 'boundary') {
    const text = fitCharset(`── ${line.text} ──`, look.unicode);
    return `${name}${bar}${at}${paint(look, 'dim', text)}\n`;
  }
  return `${name}${bar}${at}${levelText(line, look)}${line.text}${fieldsText(line, look)}\n`;
}

function levelText(line: LogLine, look: Look): string {
  // Only JSON lines carry their level apart from the text.
  if (line.level === null || line.fields === null) return '';
  const word = line.level.toUpperCase().padEnd(5);
  const bad = line.level === 'error' || line.level === 'fatal';
  return `${paint(look, bad ? 'bad' : line.level === 'warn' ? 'warn' : 'dim', word)} `;
}

function fieldsText(line: LogLine, look: Look): string {
  if (line.fields === null) return '';
  const pairs = Object.entries(line.fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return pairs.length === 0 ? '' : ` ${paint(look, 'dim', pairs.join(' '))}`;
}
