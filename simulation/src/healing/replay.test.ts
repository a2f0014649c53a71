/** What was recorded of any incident is decided again, to the letter. */
import type { Capsule } from '@fettle/core/incident/capsule';
import { readCapsule } from '@fettle/core/incident/capsule';
import type { ReadRecording } from '@fettle/core/incident/recording';
import { replay } from '@fettle/core/incident/replay';
import { expect, test } from 'vitest';
import { recordingStep } from './record-healing.ts';
import { shippedRunbooks } from './shipped-runbooks.ts';
import { simulateHealing } from './simulate-healing.ts';

const runbooks = shippedRunbooks();

function recorded(seed: number): readonly Capsule[] {
  const recordings: ReadRecording[] = [];
  const step = recordingStep((recording) => recordings.push(recording));
  simulateHealing({ seed, hours: 0.4, runbooks, deathMs: 900_000, step });
  return recordings.map((recording) => {
    const [incident = ''] = recording.incidents;
    const was = { incident: {}, runs: [] };
    const { head, state, events, incidents, truncated = 'died' } = recording;
    const { engine, begins } = head;
    const capsule = { engine, begins, incident, incidents, truncated, state, events, was };
    const read = readCapsule({ schema: 'fettle.capsule/v1', ...capsule });
    expect(read.fault).toBeNull();
    return read.capsule!;
  });
}

test('every incident of two simulated lives is decided again as it was', () => {
  let decisions = 0;
  for (const capsule of [...recorded(1), ...recorded(2)]) {
    const { replay: again, fault } = replay(capsule);
    expect(fault).toBeNull();
    expect(again).toMatchObject({ differences: [], divergesAt: null, unfitFrom: null });
    if (capsule.begins === 'before-opening')
      expect(again?.now[0]).toMatchObject({ event: 0, kind: 'opened' });
    decisions += again?.now.length ?? 0;
  }
  expect(decisions).toBeGreaterThan(30);
}, 120_000);
test('under a policy that only looks nothing is done, and the first lost answer is named', () => {
  const capsules = recorded(3);
  const watched = capsules.map((capsule) =>
    replay(capsule, { policy: { heal: { autonomy: 'observe' }, selfHealing: null } }),
  );
  const acts = watched.flatMap(({ replay: again }) =>
    (again?.now ?? []).filter(({ kind, about }) => kind === 'step' && !about.startsWith('reflex/')),
  );
  expect(acts).toEqual([]);
  const changed = watched.filter(({ replay: again }) => again?.unfitFrom !== null);
  expect(changed.length).toBeGreaterThan(0);
  for (const { replay: again } of changed) expect(again?.differences).not.toEqual([]);
}, 120_000);
