/** An operator restarts a service through Fettle. */
import { pidOf, serviceOf } from '../drill-stack.ts';
import { pickApi } from '../hands.ts';
import type { Negative } from '../negative.ts';

export const plannedRestart: Negative = {
  name: 'planned_restart',
  watchMs: 20_000,
  unfit: () => null,
  async begin(stack, dice) {
    const { service } = dice.pick([stack.parts.front, stack.parts.database, pickApi(stack, dice)]);
    const before = await pidOf(stack, service);
    await stack.fettle('restart', service, '--no-wait');
    return {
      did: `fettle restart ${service}`,
      async holds() {
        const { pid, state } = await serviceOf(stack, service);
        return pid !== before && state === 'ok' ? null : `${service} is ${state}, pid ${pid}`;
      },
      end: async () => {},
    };
  },
};
