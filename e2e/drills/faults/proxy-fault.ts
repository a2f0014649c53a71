/** The hop between both ends is broken: it accepts, and what comes back is nothing or nonsense. */
import { linkFault } from './link-fault.ts';

export const proxyFault = linkFault({
  name: 'proxy_fault',
  classes: ['proxy_fault'],
  mode: (dice) => ({ kind: dice.pick(['half-open', 'garble'] as const) }),
  shows: ({ status }) => status !== 200,
});
