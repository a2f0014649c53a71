/** An event loop that turns without end: the port is open, nobody answers, the CPU is busy. */
import { act, reflex, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { pickService, renewed, tellRun, endRun } from '../hands.ts';

export const hang: Fault = {
  name: 'hang',
  family: 'process',
  heavy: true,
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service, health } = victim;
    const pid = await tellRun(stack, service, 'hog');
    return {
      did: `${service} turns in a busy loop`,
      signal: {
        what: `no answer on ${health}`,
        shows: async () => (await askService(stack, service, health, 600)).status === 0,
      },
      expected: { classes: ['hang', 'event_loop_block'], targets: [service] },
      right: [reflex, act('service.restart')],
      cured: renewed(stack, victim, pid),
      undo: () => endRun(stack, service, pid),
      tempting: null,
    };
  },
};
