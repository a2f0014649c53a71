/** The line to the peer stands, and no pong comes over it. */
import { act, reflex, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { restartByHand, tellRun } from '../hands.ts';

export const bridgeHalfOpen: Fault = {
  name: 'bridge_half_open',
  family: 'dependency',
  unfit: () => null,
  async inject(stack) {
    const { peer, bridge } = stack.parts;
    await tellRun(stack, peer.service, 'mute');
    const linked = async (): Promise<boolean> =>
      (await askService(stack, bridge.service, bridge.work)).status === 200;
    return {
      did: `${peer.service} accepts and says nothing`,
      signal: {
        what: 'the bridge has no link',
        shows: async () => !(await linked()),
        withinMs: 20_000,
      },
      expected: { classes: ['bridge_half_open'], targets: [peer.service] },
      right: [
        act('service.restart', peer.service),
        reflex,
        act('bridge.reconnect', bridge.service),
      ],
      cured: linked,
      async undo() {
        stack.tell(peer.service, '');
        if (!(await linked())) await restartByHand(stack, peer.service);
      },
      tempting: {
        what: `restart ${bridge.service}`,
        run: () => restartByHand(stack, bridge.service),
      },
    };
  },
};
