/** An ordinary user may lower a priority and not raise it again: for that one the act is refused. */
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { actionContract } from './action.contract.ts';
import { sleeper, startActionRig, type ActionRig } from './action-rig.kit.ts';
import { mayReturn, processRenice } from './process-renice.ts';

async function running(): Promise<ActionRig> {
  const rig = await startActionRig();
  await rig.apply([sleeper('api')]);
  await rig.until('it runs', (views) => views.every(({ pid }) => pid !== null));
  return rig;
}
const pidOf = (rig: ActionRig): number => rig.view('api.1').pid ?? 0;

if (mayReturn(0))
  actionContract({
    name: 'process.renice',
    seenAfterCrash: 'done',
    async open() {
      const rig = await running();
      const { world, end } = rig;
      const params = { pid: pidOf(rig), nice: 10 };
      return { world, params, look: () => getPriority(pidOf(rig)), end };
    },
  });
else
  test('without a way back it is planned, and refused', async () => {
    const rig = await running();
    try {
      const params = { pid: pidOf(rig), nice: 10 };
      expect(await processRenice.plan(params, rig.world)).toMatchObject({ means: 'absent' });
      expect(() => processRenice.capture(params, rig.world)).toThrow(/raised again/);
      expect(getPriority(params.pid)).toBe(0);
    } finally {
      await rig.end();
    }
  });
