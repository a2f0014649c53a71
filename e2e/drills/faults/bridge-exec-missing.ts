/** The bridge's configuration names an interpreter that is not installed. */
import { act, escalate, type Fault } from '../fault.ts';
import { editJson, takeUpEdit, restartByHand, restartsOf, works } from '../hands.ts';

export const bridgeExecMissing: Fault = {
  name: 'bridge_exec_missing',
  family: 'dependency',
  unfit: ({ kind }) => (kind === 'shop' ? 'its bridge runs no helper' : null),
  async inject(stack, dice) {
    const { bridge } = stack.parts;
    const { service } = bridge;
    const before = await restartsOf(stack, service);
    const interpreter = dice.pick(['pwsh-7.9', 'python4', '/opt/terminal/bin/run', 'mql-shell']);
    const restore = editJson(bridge.config ?? '', (value) => ({ ...value, interpreter }));
    const how = await takeUpEdit(stack, service, dice);
    return {
      did: `${service} shall run ${interpreter}; it was ${how}`,
      signal: {
        what: 'two restarts',
        shows: async () => (await restartsOf(stack, service)) >= before + 2,
      },
      expected: { classes: ['bridge_exec_missing'], targets: [service] },
      right: [act('config.rollback'), act('config.restore'), escalate],
      cured: () => works(stack, bridge),
      async undo() {
        restore();
        if (!(await works(stack, bridge))) await restartByHand(stack, service);
      },
      tempting: { what: `restart ${service}`, run: () => stack.fettle('restart', service) },
    };
  },
};
