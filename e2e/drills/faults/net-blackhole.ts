/** Packets vanish: no refusal, no answer, although a listener is there. */
import { linkFault } from './link-fault.ts';

export const netBlackhole = linkFault({
  name: 'net_blackhole',
  classes: ['net_blackhole'],
  mode: () => ({ kind: 'blackhole' }),
  shows: ({ status }) => status !== 200,
});
