/** Port pages: a table for people, Markdown for a README or an issue. */
import type { PortRow, PortsDocument } from '@fettle/sdk/api/documents';
import type { Look } from '../terminal/look.ts';
import { renderTable } from '../terminal/table.ts';

const titles = ['PORT', 'OWNER', 'STATE', 'ASKED', 'REACHABLE', 'NOTE'];

export function renderPorts(document: PortsDocument, look: Look): string {
  if (document.ports.length === 0) return 'No service asks for a port.\n';
  return renderTable(
    [
      { title: 'PORT', align: 'right' },
      { title: 'OWNER', minColumns: 14 },
      { title: 'STATE' },
      { title: 'ASKED', drop: 1, minColumns: 6 },
      { title: 'REACHABLE', drop: 2 },
      { title: 'NOTE', minColumns: 16 },
    ],
    document.ports.map(cellsOf),
    look,
  );
}

export function renderPortsMarkdown(document: PortsDocument): string {
  const rule = markdownRow(titles.map((_, at) => (at === 0 ? '---:' : '---')));
  const rows = document.ports.map((port) => markdownRow(cellsOf(port)));
  return [markdownRow(titles.map(sentenceCase)), rule, ...rows].join('');
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

function cellsOf(row: PortRow): string[] {
  return [
    String(row.port),
    ownerText(row),
    row.state,
    row.asked ?? '–',
    row.reachable ?? '–',
    [row.note, row.attested === false ? 'not attested' : null].filter(Boolean).join('; '),
  ];
}

export function ownerText(row: PortRow): string {
  const name = row.instance ?? row.service ?? row.command;
  if (row.pid === null) return name ?? '–';
  return name === null ? `pid ${row.pid}` : `${name} pid ${row.pid}`;
}

function sentenceCase(title: string): string {
  return title.charAt(0) + title.slice(1).toLowerCase();
}
