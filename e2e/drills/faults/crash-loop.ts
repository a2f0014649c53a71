/** A defect that ends each run soon after its start: starting it again is not the cure. */
import { act, escalate, type Fault } from '../fault.ts';
import { killBehind, pickService, restartByHand, restartsOf, works } from '../hands.ts';

export const crashLoop: Fault = {
  name: 'crash_loop',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service } = victim;
    const before = await restartsOf(stack, service);
    stack.tell(service, `throw ${dice.between(0, 5)}`);
    await killBehind(stack, service).catch(() => {});
    return {
      did: `${service} throws at each start`,
      signal: {
        what: 'three restarts',
        shows: async () => (await restartsOf(stack, service)) >= before + 3,
      },
      expected: { classes: ['crash_loop', 'crash'], targets: [service] },
      // Starting it once more before a person is called harms nobody.
      right: [escalate, act('service.start'), act('service.restart')],
      cured: () => works(stack, victim),
      async undo() {
        stack.tell(service, '');
        if (!(await works(stack, victim))) await restartByHand(stack, service);
      },
      tempting: { what: `restart ${service}`, run: () => stack.fettle('restart', service) },
    };
  },
};
