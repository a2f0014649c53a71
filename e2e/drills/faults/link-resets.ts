/** A share of the connections is reset soon after it was opened. */
import { linkFault } from './link-fault.ts';

export const linkResets = linkFault({
  name: 'link_resets',
  classes: ['link_resets'],
  mode: (dice) => ({ kind: 'resets', share: dice.between(5, 8) / 10 }),
  shows: ({ status }) => status >= 500,
});
