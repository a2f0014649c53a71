/** Messages about incidents: to whom, and what came of them. */
import { z } from 'zod';
import type { DeliveryDocument } from '@fettle/sdk/api/incidents';
import type { LoopPart } from '../loop/loop-part.ts';
import type { ApiParts } from './api-parts.ts';
import type { Routes } from './route.ts';

const mostShown = 500;

export function addDeliveryRoutes(routes: Routes, { loop }: ApiParts): void {
  routes.add({
    method: 'GET',
    path: '/api/v1/deliveries',
    id: 'listDeliveries',
    tag: 'healing',
    summary: 'Messages about incidents, newest first: to whom, and what came of them',
    role: 'viewer',
    query: z.object({ incident: z.string().min(1).max(64).optional() }),
    answer: { description: 'Newest first', schema: 'DeliveriesDocument' },
    handle(request) {
      const { incident } = request.query as { incident?: string };
      const all = loop.deliveries().toReversed();
      const wanted = all.filter((row) => incident === undefined || row.incidentId === incident);
      return {
        schema: 'fettle.deliveries/v1',
        deliveries: wanted.slice(0, mostShown).map(deliveryDocument),
      };
    },
  });
}

const iso = (atMs: number): string => new Date(atMs).toISOString();

function deliveryDocument(row: ReturnType<LoopPart['deliveries']>[number]): DeliveryDocument {
  const { incidentId, change, sequence, shown, state, attempts, status, error } = row;
  return {
    incident: incidentId,
    change,
    sequence,
    to: shown,
    state,
    attempts,
    status,
    error,
    createdAt: iso(row.createdMs),
    nextAt: state === 'waiting' ? iso(row.nextMs) : null,
    endedAt: row.endedMs === null ? null : iso(row.endedMs),
  };
}
