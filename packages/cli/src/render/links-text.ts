/** `fettle links`: each declared edge, and the count that people ask for. */
import type { LinksDocument } from '@fettle/sdk/api/documents';
import { formatDuration } from '@fettle/sdk/duration';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint, stateGlyph } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';

export function renderLinks(document: LinksDocument, look: Look): string {
  const tone = document.connected === document.total ? 'ok' : 'bad';
  const count = paint(look, tone, `${document.connected} of ${document.total}`);
  if (document.total === 0) return 'No service depends on another.\n';
  const table = renderTable(
    [
      { title: 'LINK', minColumns: 16 },
      { title: 'TRIED', minColumns: 16 },
      { title: 'TOOK', align: 'right', drop: 1 },
      { title: 'RESULT', minColumns: 12 },
    ],
    document.links.map((link) => [
      `${stateGlyph(look, link.ok ? 'ok' : link.required ? 'failing' : 'degraded')} ` +
        `${link.from} → ${link.to}`,
      link.tried,
      formatDuration(link.durationMs),
      `${link.ok ? 'connected' : link.detail}${link.required ? '' : ' (optional)'}`,
    ]),
    look,
  );
  return `${fitCharset(`${count} links connected`, look.unicode)}\n\n${table}`;
}
