/** Twice as many customers, served as quickly as before. */
import type { Negative } from '../negative.ts';

export const trafficDoubled: Negative = {
  name: 'traffic_doubled',
  watchMs: 30_000,
  unfit: () => null,
  async begin(stack) {
    const { service } = stack.parts.customers;
    stack.tell(service, 'rate 2');
    return {
      did: 'twice as many customers',
      holds: null,
      end: async () => stack.tell(service, ''),
    };
  },
};
