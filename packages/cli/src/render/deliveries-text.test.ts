import { expect, test } from 'vitest';
import type { DeliveryDocument } from '@fettle/sdk/api/incidents';
import type { Look } from '../terminal/look.ts';
import { renderDeliveries } from './deliveries-text.ts';

const at = '2026-01-05T00:00:00.000Z';
const row: DeliveryDocument = {
  incident: 'INC-3',
  change: 'opened',
  sequence: 1,
  to: 'https://hooks.example.org/…',
  state: 'delivered',
  attempts: 1,
  status: 204,
  error: null,
  createdAt: at,
  nextAt: null,
  endedAt: at,
};
const look: Look = { columns: 160, color: false, unicode: true, tty: false };
const lines = (...deliveries: readonly DeliveryDocument[]): readonly string[] =>
  renderDeliveries({ schema: 'fettle.deliveries/v1', deliveries }, look).split('\n').slice(1, -1);

test('what became of a message', () => {
  const seen = lines(
    row,
    { ...row, state: 'waiting', attempts: 0, nextAt: at, endedAt: null },
    { ...row, state: 'waiting', attempts: 2, error: 'HTTP 503', nextAt: at, endedAt: null },
    { ...row, state: 'superseded', attempts: 0 },
    { ...row, state: 'given-up', attempts: 9, error: 'it wants no more messages (410)' },
  );
  expect(seen[0]).toMatch(/INC-3 +opened +https:\/\/hooks\.example\.org\/… .* delivered$/);
  expect(seen[1]).toMatch(/on its way$/);
  expect(seen[2]).toMatch(/2 failed: HTTP 503, next at /);
  expect(seen[3]).toMatch(/a newer one went instead$/);
  expect(seen[4]).toMatch(/given up after 9 attempts: it wants no more messages \(410\)$/);
});

test('nobody was told', () =>
  expect(renderDeliveries({ schema: 'fettle.deliveries/v1', deliveries: [] }, look)).toBe(
    'Nobody was told of anything yet.\n',
  ));
