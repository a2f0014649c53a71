/** Far more memory at once than the limit allows. */
import { act, reflex, type Fault } from '../fault.ts';
import { serviceOf } from '../drill-stack.ts';
import { pickService, renewed, tellRun, endRun } from '../hands.ts';

export const oomKilled: Fault = {
  name: 'oom_killed',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service, memoryLimitMb } = victim;
    const pid = await tellRun(stack, service, `grab ${(memoryLimitMb ?? 300) + 150}`);
    return {
      did: `${service} asked for more than ${memoryLimitMb} MB`,
      signal: {
        what: 'its run ended',
        shows: async () => (await serviceOf(stack, service)).pid !== pid,
      },
      expected: { classes: ['oom_killed'], targets: [service] },
      right: [reflex, act('service.start'), act('service.restart')],
      cured: renewed(stack, victim, pid),
      undo: () => endRun(stack, service, pid),
      tempting: null,
    };
  },
};
