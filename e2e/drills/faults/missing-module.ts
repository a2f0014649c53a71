/** A package vanished from disk: the next start does not find it. */
import { renameSync } from 'node:fs';
import { act, escalate, type Fault } from '../fault.ts';
import { killBehind, restartByHand, restartsOf, works } from '../hands.ts';

export const missingModule: Fault = {
  name: 'missing_module',
  family: 'process',
  unfit: ({ parts }) => (parts.packaged === null ? 'no package of its own' : null),
  async inject(stack) {
    const victim = stack.parts.packaged ?? stack.parts.front;
    const { service } = victim;
    const path = victim.module ?? '';
    const before = await restartsOf(stack, service);
    renameSync(path, `${path}.gone`);
    await killBehind(stack, service);
    return {
      did: `${service} lost ${path}`,
      signal: {
        what: 'two restarts',
        shows: async () => (await restartsOf(stack, service)) >= before + 2,
      },
      expected: { classes: ['missing_module'], targets: [service] },
      right: [act('deps.restore'), escalate],
      cured: () => works(stack, victim),
      async undo() {
        try {
          renameSync(`${path}.gone`, path);
        } catch {
          // Restored from the lock file: the set on disk is a new one.
        }
        if (!(await works(stack, victim))) await restartByHand(stack, service);
      },
      tempting: { what: `restart ${service}`, run: () => stack.fettle('restart', service) },
    };
  },
};
