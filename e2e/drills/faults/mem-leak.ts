/** Memory that is never given back, on its way to the limit. */
import { act, type Fault } from '../fault.ts';
import { pidOf } from '../drill-stack.ts';
import { pickService, renewed, residentMb, tellRun, endRun } from '../hands.ts';

export const memLeak: Fault = {
  name: 'mem_leak',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service, memoryLimitMb } = victim;
    const before = residentMb(await pidOf(stack, service));
    // At its limit in two minutes or so.
    const rate = ((memoryLimitMb ?? 260) - before) / dice.between(100, 130);
    const pid = await tellRun(stack, service, `leak ${rate.toFixed(2)}`);
    return {
      did: `${service} leaks ${rate.toFixed(1)} MB/s`,
      signal: {
        what: '15 MB more than before',
        shows: async () => residentMb(pid) > before + 15,
        withinMs: 40_000,
      },
      expected: { classes: ['mem_leak', 'heap_exhausted'], targets: [service] },
      right: [act('service.restart')],
      cured: renewed(stack, victim, pid),
      undo: () => endRun(stack, service, pid),
      tempting: {
        what: `restart ${stack.parts.database.service}`,
        run: () => stack.fettle('restart', stack.parts.database.service),
      },
    };
  },
};
