/** `fettle try`: what others run, as a table like `status`, then what would help. */
import { titles } from '@fettle/core/found/judge-found';
import { formatDuration } from '@fettle/sdk/duration';
import { formatBytes, formatCpu, plural } from '../terminal/amount.ts';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint, stateGlyph } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';
import { padTo, wrapWords } from '../terminal/width.ts';
import type { Look as Seen, TriedService } from '../try/look-around.ts';

export function renderTry({ services, gone }: Seen, look: Look): string {
  if (services.length === 0 && gone.length === 0)
    return 'Nothing runs here that listens or is kept by another tool.\n';
  const head = `${plural(services.length, 'service')} that others run; nothing is owned or changed`;
  const table = renderTable(
    [
      { title: '  NAME', minColumns: 10 },
      { title: 'KEPT BY' },
      { title: 'STATE' },
      { title: 'PORTS', minColumns: 5 },
      { title: 'CPU', align: 'right', drop: 2 },
      { title: 'MEMORY', align: 'right', drop: 3 },
      { title: 'UP', align: 'right', drop: 4 },
      { title: 'LINKS', drop: 1, minColumns: 12 },
    ],
    services.map((service) => cellsOf(service, look)),
    look,
  );
  const whys = services.flatMap(({ name, why }) => (why === null ? [] : [`${name}: ${why}`]));
  const lost = gone.map((name) => `${name}: is gone since an earlier look`);
  return fitCharset(
    [
      `${head}\n\n${table}`,
      ...listOf([...whys, ...lost], paint(look, 'bold', 'why'), look),
      ...listOf(suggestions(services), paint(look, 'bold', 'would help'), look),
    ].join(''),
    look.unicode,
  );
}

function listOf(lines: readonly string[], title: string, look: Look): readonly string[] {
  if (lines.length === 0) return [];
  const columns = Math.max(40, Math.min(look.columns, 120) - 4);
  return [
    `\n${title}\n`,
    ...lines.flatMap((line) =>
      wrapWords(line, columns).map((text, at) => `${at === 0 ? '  · ' : '    '}${text}\n`),
    ),
  ];
}

/** Said once for all whom it concerns. */
function suggestions(services: readonly TriedService[]): readonly string[] {
  const all = new Map<string, string[]>();
  for (const { name, suggestions: own } of services)
    for (const text of own) all.set(text, [...(all.get(text) ?? []), name]);
  return [...all].map(([text, names]) => `${names.join(', ')}: ${text}`);
}

function cellsOf(service: TriedService, look: Look): readonly string[] {
  const { name, manager, state, pids, ports, cpu, rssBytes, ageMs, links } = service;
  const count = pids.length > 1 ? ` ×${pids.length}` : '';
  return [
    `${stateGlyph(look, state)} ${name}`,
    `${titles[manager]}${count}`,
    state,
    [...new Set(ports.map(({ port }) => port))].join(', ') || '–',
    formatCpu(cpu),
    formatBytes(rssBytes),
    ageMs === null ? '–' : formatDuration(ageMs),
    links.map((link) => `${padTo(link.to, 0)}${link.state === 'connected' ? '' : ' ✕'}`).join(', '),
  ];
}
