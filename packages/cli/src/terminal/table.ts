/**
 * Tables without box lines. What does not fit is cut in the middle; a column that people can do
 * without is dropped before another becomes unreadable; `wide` never cuts.
 */
import { fitCharset } from './ascii.ts';
import type { Look } from './look.ts';
import { paint } from './paint.ts';
import { padTo, truncateMiddle, widthOf } from './width.ts';

export type Column = Readonly<{
  title: string;
  align?: 'left' | 'right';
  /** May be cut down to this many cells; absent: never cut. */
  minColumns?: number;
  /** Dropped when it does not fit, the highest first; absent: never dropped. */
  drop?: number;
}>;

const gap = '  ';

/** Every row has one cell per column; cells may be coloured. Lines end without blanks. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  look: Look,
): string {
  const cells = rows.map((row) => row.map((cell) => fitCharset(cell, look.unicode)));
  const shown = keptColumns(columns, cells, look.columns);
  const widths = fittedWidths(columns, cells, shown, look.columns);
  const lineOf = (texts: readonly string[]): string =>
    shown
      .map((at, place) => {
        const column = columns[at];
        const width = widths[place] ?? 0;
        const text = truncateMiddle(texts[at] ?? '', width, look.unicode);
        return padTo(text, width, column?.align ?? 'left');
      })
      .join(gap)
      .trimEnd();
  const title = paint(look, 'dim', lineOf(columns.map((column) => column.title)));
  return [title, ...cells.map(lineOf)].map((line) => `${line}\n`).join('');
}

function naturalWidth(column: Column, at: number, rows: readonly (readonly string[])[]): number {
  let width = widthOf(column.title);
  for (const row of rows) width = Math.max(width, widthOf(row[at] ?? ''));
  return width;
}

/** Places of the columns that stay. */
function keptColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  limit: number,
): number[] {
  const kept = columns.map((_, at) => at);
  const least = (at: number): number => {
    const column = columns[at] ?? { title: '' };
    return Math.min(naturalWidth(column, at, rows), column.minColumns ?? Infinity);
  };
  const needed = (): number =>
    kept.reduce((sum, at) => sum + least(at), 0) + gap.length * (kept.length - 1);
  while (needed() > limit) {
    const droppable = kept
      .filter((at) => columns[at]?.drop !== undefined)
      .toSorted((a, b) => (columns[b]?.drop ?? 0) - (columns[a]?.drop ?? 0));
    const victim = droppable[0];
    if (victim === undefined) break;
    kept.splice(kept.indexOf(victim), 1);
  }
  return kept;
}

function fittedWidths(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  shown: readonly number[],
  limit: number,
): number[] {
  const widths = shown.map((at) => naturalWidth(columns[at] ?? { title: '' }, at, rows));
  let excess = widths.reduce((sum, width) => sum + width, 0);
  excess += gap.length * (shown.length - 1) - limit;
  while (excess > 0) {
    // One cell from the widest that may still shrink, so that all lose evenly.
    let widest = -1;
    shown.forEach((at, place) => {
      const least = columns[at]?.minColumns;
      if (least === undefined || (widths[place] ?? 0) <= least) return;
      if (widest === -1 || (widths[place] ?? 0) > (widths[widest] ?? 0)) widest = place;
    });
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 1) - 1;
    excess -= 1;
  }
  return widths;
}
