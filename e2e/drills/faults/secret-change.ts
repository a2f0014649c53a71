/** Somebody wrote a wrong password into a service's secret file; it took it up at its restart. */
import { act, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { passwordFrom } from '../generated-stack.ts';
import { edit, takeUpEdit, pickApi, restartByHand } from '../hands.ts';

export const secretChange: Fault = {
  name: 'secret_change',
  family: 'config',
  unfit: ({ kind }) => (kind === 'shop' ? 'no password' : null),
  async inject(stack, dice) {
    const victim = pickApi(stack, dice);
    const { service, work } = victim;
    const restore = edit(victim.secret ?? '', () => `${passwordFrom(dice)}\n`);
    const how = await takeUpEdit(stack, service, dice);
    const serves = async (): Promise<boolean> =>
      (await askService(stack, service, work, 2_000)).status === 200;
    return {
      did: `the password file of ${service} holds a wrong one; it was ${how}`,
      signal: {
        what: 'its work fails',
        shows: async () => (await askService(stack, service, work, 2_000)).status === 503,
      },
      expected: { classes: ['auth_secret_mismatch'], targets: [service] },
      right: [act('config.rollback'), act('config.restore'), act('secret.reload')],
      cured: serves,
      async undo() {
        restore();
        if (!(await serves())) await restartByHand(stack, service);
      },
      tempting: { what: `restart ${service}`, run: () => stack.fettle('restart', service) },
    };
  },
};
