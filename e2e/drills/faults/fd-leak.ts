/** Handles that are opened and never closed, on their way to the limit. */
import { act, reflex, type Fault } from '../fault.ts';
import { openFiles, pickService, renewed, tellRun, endRun } from '../hands.ts';

export const fdLeak: Fault = {
  name: 'fd_leak',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service } = victim;
    const perSecond = dice.between(3, 5);
    const pid = await tellRun(stack, service, `handles ${perSecond}`);
    const before = openFiles(pid);
    return {
      did: `${service} opens ${perSecond} files a second and closes none`,
      signal: { what: '40 handles more', shows: async () => openFiles(pid) > before + 40 },
      expected: { classes: ['fd_leak'], targets: [service] },
      // At its limit it answers nobody, and is ended like any that hangs.
      right: [act('service.restart'), reflex],
      cured: renewed(stack, victim, pid),
      undo: () => endRun(stack, service, pid),
      tempting: {
        what: `restart ${stack.parts.front.service}`,
        run: () => stack.fettle('restart', stack.parts.front.service),
      },
    };
  },
};
