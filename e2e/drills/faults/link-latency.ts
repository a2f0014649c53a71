/** Each round trip takes long; the far end itself is quick. */
import { linkFault } from './link-fault.ts';

export const linkLatency = linkFault({
  name: 'link_latency',
  classes: ['link_latency'],
  mode: (dice) => ({ kind: 'latency', ms: dice.between(35, 70) * 10 }),
  livedMs: 60_000,
  shows: ({ status, tookMs }) => status === 200 && tookMs > 300,
});
