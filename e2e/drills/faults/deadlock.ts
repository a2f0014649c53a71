/** Everybody waits for a lock that nobody gives back: no answer, no CPU either. */
import { act, reflex, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { pickService, renewed, tellRun, endRun } from '../hands.ts';

export const deadlock: Fault = {
  name: 'deadlock',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service, health } = victim;
    const pid = await tellRun(stack, service, 'lock');
    return {
      did: `${service} waits for a lock`,
      signal: {
        what: `no answer on ${health}`,
        shows: async () => (await askService(stack, service, health, 600)).status === 0,
      },
      expected: { classes: ['deadlock', 'hang'], targets: [service] },
      right: [reflex, act('service.restart')],
      cured: renewed(stack, victim, pid),
      undo: () => endRun(stack, service, pid),
      tempting: null,
    };
  },
};
