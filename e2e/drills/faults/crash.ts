/** A process ends by itself: a signal from nowhere, or an error that nobody caught. */
import { act, reflex, type Fault } from '../fault.ts';
import { pidOf, serviceOf } from '../drill-stack.ts';
import { killBehind, renewed, tellRun, endRun } from '../hands.ts';

export const crash: Fault = {
  name: 'crash',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const { apis, front, bridge } = stack.parts;
    const victim = dice.pick([...apis, front, bridge]);
    const { service } = victim;
    const how = dice.pick(['SIGKILL', 'SIGSEGV', 'SIGABRT', 'throw'] as const);
    const pid = await pidOf(stack, service);
    if (how === 'throw') await tellRun(stack, service, `throw ${dice.between(0, 5)}`);
    else await killBehind(stack, service, how);
    return {
      did: `${service} ended by ${how}`,
      signal: {
        what: 'another pid, or none',
        shows: async () => (await serviceOf(stack, service)).pid !== pid,
      },
      expected: { classes: ['crash'], targets: [service] },
      right: [reflex, act('service.start'), act('service.restart')],
      cured: renewed(stack, victim, pid),
      undo: () => endRun(stack, service, pid),
      tempting: null,
    };
  },
};
