/**
 * Groups the lines of a log set by our templates and writes what `log_score.py` reads.
 *
 * usage: node group-logs.ts TRUTH_DIR OUT_DIR SYSTEM...
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTemplates } from '@fettle/core/loop/collect/template-tree';

const [truth, out, ...systems] = process.argv.slice(2);
if (truth === undefined || out === undefined) process.exit(2);
mkdirSync(out, { recursive: true });
for (const system of systems) {
  const folder = join(truth, system);
  const file = readdirSync(folder).find((name) => name.endsWith('structured_corrected.csv'));
  const rows = readCsv(readFileSync(join(folder, file ?? ''), 'utf8'));
  const column = rows[0]?.indexOf('Content') ?? -1;
  const tree = openTemplates();
  const placed = rows
    .slice(1)
    .map((row, index) => tree.add((row[column] ?? '').trimStart(), index * 10));
  const lines = placed.map((template, index) => {
    const last = template === null ? null : tree.find(template.id);
    const text = (last?.text ?? '').replaceAll('"', '""');
    return `${index + 1},E${last?.id ?? 0},"${text}"`;
  });
  writeFileSync(join(out, `${system}.csv`), ['LineId,EventId,EventTemplate', ...lines].join('\n'));
}

/** RFC 4180. */
function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\r?\n|$)/g,
  )) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}
