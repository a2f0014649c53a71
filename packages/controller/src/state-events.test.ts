import { deepEqual } from 'node:assert/strict';
import { test } from 'vitest';
import type { ServiceStatus, State, StatusDocument } from '@fettle/sdk/api/status';
import type { KeyedEvent } from './journal.ts';
import { createStateEvents, reasonMs } from './state-events.ts';
import { memoryStore } from './stores/memory.ts';

const at = (atMs: number): string => new Date(atMs).toISOString();

function rig() {
  const told: string[] = [];
  const clock = { nowMs: 1_000 };
  let reason = false;
  const store = memoryStore();
  const open = () =>
    createStateEvents({
      journal: {
        appendAll(events: readonly KeyedEvent[]) {
          told.push(...events.map(({ at, text }) => `${at} ${text}`));
          return [];
        },
      },
      store,
      reasonKnown: () => reason,
      again: () => undefined,
      nowMs: () => clock.nowMs,
    });
  const document = (state: State, why: string | null = null): StatusDocument => {
    const service = { name: 'api', state, why, since: at(clock.nowMs) } as ServiceStatus;
    return { services: [service] } as unknown as StatusDocument;
  };
  return { told, clock, open, document, findReason: () => (reason = true) };
}

test('a good word is told at once', () => {
  const { told, open, document } = rig();
  open().take(document('ok'));
  deepEqual(told, [`${at(1_000)} api is ok`]);
});
test('a bad word waits for its reason and keeps its time', () => {
  const { told, clock, open, document, findReason } = rig();
  const states = open();
  states.take(document('failing', 'last end: exit 1'));
  deepEqual(told, []);
  clock.nowMs += 100;
  findReason();
  states.take(document('failing', 'port 1 refused'));
  deepEqual(told, [`${at(1_000)} api is failing: port 1 refused`]);
});
test('without a reason it is told after a while', () => {
  const { told, clock, open, document } = rig();
  const states = open();
  states.take(document('failing', 'last end: exit 1'));
  clock.nowMs += reasonMs;
  states.take(document('failing', 'last end: exit 1'));
  deepEqual(told, [`${at(1_000)} api is failing: last end: exit 1`]);
});
test('a bad word that passes quickly is told before the next', () => {
  const { told, clock, open, document } = rig();
  const states = open();
  states.take(document('failing'));
  clock.nowMs += 50;
  states.take(document('ok'));
  deepEqual(told, [`${at(1_000)} api is failing`, `${at(1_050)} api is ok`]);
});
test('what is known already is not told again after a restart', () => {
  const { told, open, document } = rig();
  const first = open();
  first.take(document('failing'));
  first.stop();
  open().take(document('failing'));
  deepEqual(told, [`${at(1_000)} api is failing`]);
});
