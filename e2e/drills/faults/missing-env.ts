/** A variable fell out of a service's env file. */
import { act, type Fault } from '../fault.ts';
import { edit, takeUpEdit, restartByHand, restartsOf, works } from '../hands.ts';

export const missingEnv: Fault = {
  name: 'missing_env',
  family: 'config',
  unfit: ({ parts }) =>
    parts.apis.some(({ env }) => env !== null) ? null : 'no file of variables',
  async inject(stack, dice) {
    const victim = dice.pick(stack.parts.apis.filter(({ env }) => env !== null));
    const { service } = victim;
    const before = await restartsOf(stack, service);
    const restore = edit(victim.env ?? '', (text) =>
      dice.chance(0.5) ? text.replace(/^(\w+)=.*$/m, '$1=') : '# moved to the vault\n',
    );
    const how = await takeUpEdit(stack, service, dice);
    return {
      did: `a variable fell out of ${victim.env}; it was ${how}`,
      signal: {
        what: 'two restarts',
        shows: async () => (await restartsOf(stack, service)) >= before + 2,
      },
      expected: { classes: ['missing_env'], targets: [service] },
      right: [act('config.rollback'), act('config.restore')],
      cured: () => works(stack, victim),
      async undo() {
        restore();
        if (!(await works(stack, victim))) await restartByHand(stack, service);
      },
      tempting: { what: `restart ${service}`, run: () => stack.fettle('restart', service) },
    };
  },
};
