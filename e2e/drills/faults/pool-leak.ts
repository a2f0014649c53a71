/** A branch of the code forgets to give its connection back: the pool runs dry, the database idles. */
import { act, reflex, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { databaseAnswers, pickApi, renewed, tellRun, endRun } from '../hands.ts';

export const poolLeak: Fault = {
  name: 'pool_leak',
  family: 'dependency',
  unfit: ({ kind }) => (kind === 'shop' ? 'no pool' : null),
  async inject(stack, dice) {
    const victim = pickApi(stack, dice);
    const { service, work } = victim;
    const pid = await tellRun(stack, service, 'forget');
    return {
      did: `${service} gives no connection back`,
      signal: {
        what: 'its work fails while the database answers',
        async shows() {
          const { status } = await askService(stack, service, work, 3_000);
          return (status === 503 || status === 0) && databaseAnswers(stack);
        },
        withinMs: 20_000,
      },
      expected: { classes: ['pool_leak'], targets: [service] },
      // Where its health path waits for the same pool, the health part recycles it at once.
      right: [reflex, act('service.restart')],
      cured: async () =>
        (await renewed(stack, victim, pid)()) &&
        (await askService(stack, service, work, 2_000)).status === 200,
      undo: () => endRun(stack, service, pid),
      tempting: {
        what: `restart ${stack.parts.database.service}`,
        run: () => stack.fettle('restart', stack.parts.database.service),
      },
    };
  },
};
