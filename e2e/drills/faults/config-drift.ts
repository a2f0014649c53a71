/** A service's configuration names another address for its database than the one it has. */
import { act, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { freePort } from '../fault-proxy.ts';
import { editJson, takeUpEdit, restartByHand } from '../hands.ts';

export const configDrift: Fault = {
  name: 'config_drift',
  family: 'config',
  unfit: ({ parts }) => (parts.configured === null ? 'no address in a configuration' : null),
  async inject(stack, dice) {
    const victim = stack.parts.configured ?? stack.parts.front;
    const { service, work } = victim;
    const port = await freePort();
    const restore = editJson(victim.config ?? '', (value) =>
      stack.kind === 'shop'
        ? { ...value, ledgerUrl: `http://127.0.0.1:${port}` }
        : { ...value, database: { host: '127.0.0.1', port } },
    );
    const how = await takeUpEdit(stack, service, dice);
    const serves = async (): Promise<boolean> =>
      (await askService(stack, service, work, 2_000)).status === 200;
    return {
      did: `${service} looks for its database on port ${port}; it was ${how}`,
      signal: {
        what: 'its work fails',
        shows: async () => (await askService(stack, service, work, 2_000)).status >= 500,
      },
      expected: { classes: ['config_drift'], targets: [service] },
      right: [act('config.rollback'), act('config.restore')],
      cured: serves,
      async undo() {
        restore();
        if (!(await serves())) await restartByHand(stack, service);
      },
      tempting: {
        what: `restart ${stack.parts.database.service}`,
        run: () => stack.fettle('restart', stack.parts.database.service),
      },
    };
  },
};
