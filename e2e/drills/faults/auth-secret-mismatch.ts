/** The password was rotated, in the database and in the file; the service still uses the old one. */
import { writeFileSync } from 'node:fs';
import { act, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { passwordFrom } from '../generated-stack.ts';
import { pickApi, renewed, restartByHand } from '../hands.ts';
import { setPassword } from '../password.ts';
import { pidOf } from '../drill-stack.ts';

export const authSecretMismatch: Fault = {
  name: 'auth_secret_mismatch',
  family: 'dependency',
  unfit: ({ kind }) => (kind === 'shop' ? 'no password' : null),
  async inject(stack, dice) {
    const victim = pickApi(stack, dice);
    const { service, work } = victim;
    const pid = await pidOf(stack, service);
    const word = passwordFrom(dice);
    writeFileSync(victim.secret ?? '', `${word}\n`);
    await setPassword(stack, service, word);
    return {
      did: `the password of ${service} was rotated`,
      signal: {
        what: 'its work fails',
        shows: async () => (await askService(stack, service, work, 2_000)).status === 503,
      },
      expected: { classes: ['auth_secret_mismatch'], targets: [service] },
      right: [act('secret.reload'), act('service.restart'), act('service.reload')],
      cured: async () =>
        (await renewed(stack, victim, pid)()) &&
        (await askService(stack, service, work, 2_000)).status === 200,
      async undo() {
        if ((await askService(stack, service, work, 2_000)).status !== 200)
          await restartByHand(stack, service);
      },
      tempting: {
        what: `restart ${stack.parts.database.service}`,
        run: () => stack.fettle('restart', stack.parts.database.service),
      },
    };
  },
};
