/** The page's window on a log: bounded, repeated neighbours folded, pending while scrolled up. */
import type { LogLine } from '@fettle/sdk/api/documents';

export type LogRow = Readonly<{ line: LogLine; times: number }>;

/** Rows kept in the page; older ones are fetched by narrowing the time range. */
export const keptRows = 5_000;

/** Appends in place of copying: a flood of lines must not cost a copy of all rows each. */
export function appendLines(rows: LogRow[], lines: readonly LogLine[]): void {
  for (const line of lines) {
    const last = rows.at(-1);
    const same =
      last !== undefined &&
      last.line.kind === 'line' &&
      line.kind === 'line' &&
      last.line.instance === line.instance &&
      last.line.text === line.text;
    if (same) rows[rows.length - 1] = { line, times: last.times + 1 };
    else rows.push({ line, times: 1 });
  }
  if (rows.length > keptRows) rows.splice(0, rows.length - keptRows);
}
