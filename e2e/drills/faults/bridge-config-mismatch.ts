/** One end of the bridge got a newer configuration than the other. */
import { act, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { editJson, takeUpEdit, restartByHand } from '../hands.ts';

export const bridgeConfigMismatch: Fault = {
  name: 'bridge_config_mismatch',
  family: 'dependency',
  unfit: () => null,
  async inject(stack, dice) {
    const { peer, bridge } = stack.parts;
    const end = dice.pick([peer, bridge]);
    const restore = editJson(end.config ?? '', (value) => ({
      ...value,
      version: Number(value['version']) + dice.between(1, 3),
    }));
    const how = await takeUpEdit(stack, end.service, dice);
    const linked = async (): Promise<boolean> =>
      (await askService(stack, bridge.service, bridge.work)).status === 200;
    return {
      did: `the version in the configuration of ${end.service} was raised; it was ${how}`,
      signal: { what: 'the bridge has no link', shows: async () => !(await linked()) },
      expected: {
        classes: ['bridge_config_mismatch'],
        targets: [bridge.service, peer.service],
      },
      right: ['config.sync', 'bridge.resync', 'config.rollback', 'config.restore'].map((action) =>
        act(action),
      ),
      cured: linked,
      async undo() {
        restore();
        if (!(await linked())) await restartByHand(stack, end.service);
      },
      tempting: {
        what: `restart ${bridge.service}`,
        run: () => restartByHand(stack, bridge.service),
      },
    };
  },
};
