/** Planned work on the whole stack: the front and the database are restarted by an operator at once. */
import { unwell } from '../drill-stack.ts';
import type { Negative } from '../negative.ts';

export const plannedWork: Negative = {
  name: 'planned_work',
  watchMs: 25_000,
  unfit: () => null,
  async begin(stack) {
    const { database, front } = stack.parts;
    await stack.fettle('restart', database.service, front.service, '--no-wait');
    return {
      did: `fettle restart ${database.service} ${front.service}`,
      async holds() {
        const sick = unwell(await stack.loop.status());
        return sick.length === 0 ? null : `unwell: ${sick.join(', ')}`;
      },
      end: async () => {},
    };
  },
};
