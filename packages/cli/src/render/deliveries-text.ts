/** `fettle incidents messages`: one line a message and receiver. */
import type { DeliveriesDocument, DeliveryDocument } from '@fettle/sdk/api/incidents';
import { formatMoment } from '../terminal/amount.ts';
import type { Look } from '../terminal/look.ts';
import { stateGlyph } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';

export function renderDeliveries({ deliveries }: DeliveriesDocument, look: Look): string {
  if (deliveries.length === 0) return 'Nobody was told of anything yet.\n';
  return renderTable(
    [
      { title: 'INCIDENT', minColumns: 10 },
      { title: 'MESSAGE' },
      { title: 'TO', minColumns: 16 },
      { title: 'SENT', drop: 1 },
      { title: 'RESULT', minColumns: 12 },
    ],
    deliveries.map((one) => [
      `${glyph(one, look)} ${one.incident}`,
      one.change,
      one.to,
      formatMoment(one.createdAt, look),
      resultOf(one, look),
    ]),
    look,
  );
}

function glyph({ state }: DeliveryDocument, look: Look): string {
  if (state === 'waiting') return stateGlyph(look, 'starting');
  return stateGlyph(look, state === 'given-up' ? 'failing' : 'ok');
}

function resultOf({ state, attempts, error, nextAt }: DeliveryDocument, look: Look): string {
  if (state === 'delivered') return attempts > 1 ? `delivered at attempt ${attempts}` : 'delivered';
  if (state === 'superseded') return 'a newer one went instead';
  const why = error === null ? '' : `: ${error}`;
  if (state === 'given-up') return `given up after ${attempts} attempts${why}`;
  const next = nextAt === null ? '' : `, next at ${formatMoment(nextAt, look)}`;
  return attempts === 0 ? 'on its way' : `${attempts} failed${why}${next}`;
}
