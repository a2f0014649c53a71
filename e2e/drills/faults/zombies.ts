/** Ended children that nobody waits for. */
import { act, type Fault } from '../fault.ts';
import {
  pickService,
  renewed,
  tellRun,
  treeOf,
  zombiesIn,
  processState,
  endRun,
} from '../hands.ts';

export const zombies: Fault = {
  name: 'zombies',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service } = victim;
    const count = dice.between(30, 60);
    const pid = await tellRun(stack, service, `children ${count}`);
    return {
      did: `${service} left ${count} ended children behind`,
      signal: { what: '20 zombies below it', shows: async () => zombiesIn(pid) >= 20 },
      expected: { classes: ['zombies'], targets: [service] },
      right: [act('service.restart')],
      cured: renewed(stack, victim, pid),
      undo: () => endRun(stack, service, pid),
      tempting: {
        what: 'kill the zombies',
        async run() {
          for (const one of treeOf(pid))
            if (processState(one) === 'Z') process.kill(one, 'SIGKILL');
        },
      },
    };
  },
};
