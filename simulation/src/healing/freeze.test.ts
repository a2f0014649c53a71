/** Frozen at any event and thawed, the loop goes on as if nothing had been. */
import { freezeLoop, thawLoop } from '@fettle/core/incident/freeze';
import type { Frozen } from '@fettle/core/incident/frozen';
import type { LoopState } from '@fettle/core/loop-state';
import { stepLoop } from '@fettle/core/loop-step';
import { expect, test } from 'vitest';
import { createDice } from '../dice.ts';
import { shippedRunbooks } from './shipped-runbooks.ts';
import { simulateHealing } from './simulate-healing.ts';

const runbooks = shippedRunbooks();

test('a loop that was frozen at a random event gives the same effects ever after', () => {
  let compared = 0;
  for (let seed = 1; seed <= 2; seed += 1) {
    const dice = createDice(`freeze-${seed}`);
    let twin: LoopState | null = null;
    let of: LoopState | null = null;
    const step: typeof stepLoop = (state, event, nowMs) => {
      if (of !== state) twin = null;
      if (dice.chance(twin === null ? 0.01 : 0.002)) {
        const json = JSON.parse(JSON.stringify(freezeLoop(state))) as Frozen;
        const thawed = thawLoop(json);
        expect(thawed.fault).toBeNull();
        [twin, of] = [thawed.state, state];
      }
      const other = structuredClone(event);
      const effects = stepLoop(state, event, nowMs);
      if (twin !== null) {
        // Of texts, which is much quicker; when they differ, of the things, which says where.
        const twins = stepLoop(twin, other, nowMs);
        if (JSON.stringify(twins) !== JSON.stringify(effects)) expect(twins).toEqual(effects);
        compared += 1;
      }
      return effects;
    };
    simulateHealing({ seed, hours: 0.3, runbooks, deathMs: 600_000, step });
  }
  expect(compared).toBeGreaterThan(800);
}, 120_000);
