/** Memory that is never given back, on its way to the limit. */
import { act, type Fault } from '../fault.ts';
import { pickService, renewed, residentMb, tellRun, endRun } from '../hands.ts';

export const memLeak: Fault = {
  name: 'mem_leak',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service, language } = victim;
    const rate = language === 'python' ? 1.4 : 2;
    const pid = await tellRun(stack, service, `leak ${(rate * dice.between(8, 12)) / 10}`);
    const before = residentMb(pid);
    return {
      did: `${service} leaks about ${rate} MB/s`,
      signal: {
        what: '15 MB more than before',
        shows: async () => residentMb(pid) > before + 15,
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
