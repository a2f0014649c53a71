/** The far side of the bridge was stopped behind Fettle's back. */
import { act, reflex, type Fault } from '../fault.ts';
import { askService, portOf } from '../drill-stack.ts';
import { askDatabase, killBehind, restartByHand } from '../hands.ts';

export const bridgePeerDown: Fault = {
  name: 'bridge_peer_down',
  family: 'dependency',
  unfit: () => null,
  async inject(stack) {
    const { peer, bridge } = stack.parts;
    const port = await portOf(stack, peer.service);
    await killBehind(stack, peer.service, 'SIGTERM');
    const linked = async (): Promise<boolean> =>
      (await askService(stack, bridge.service, bridge.work)).status === 200;
    return {
      did: `${peer.service} was asked to end`,
      signal: {
        what: `port ${port} refuses, the bridge has no link`,
        shows: async () => (await askDatabase(port, '{}')) === 'ECONNREFUSED' && !(await linked()),
      },
      expected: { classes: ['bridge_peer_down'], targets: [peer.service] },
      right: [
        act('service.start'),
        act('service.restart'),
        reflex,
        act('bridge.reconnect', bridge.service),
      ],
      cured: linked,
      async undo() {
        if (!(await linked())) await stack.fettle('start', peer.service);
      },
      tempting: {
        what: `restart ${bridge.service}`,
        run: () => restartByHand(stack, bridge.service),
      },
    };
  },
};
