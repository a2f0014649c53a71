/** An operator stops a service through Fettle: it is meant to be down. */
import { serviceOf } from '../drill-stack.ts';
import type { Negative } from '../negative.ts';

export const stoppedService: Negative = {
  name: 'stopped_service',
  watchMs: 25_000,
  unfit: () => null,
  async begin(stack) {
    const { service } = stack.parts.customers;
    await stack.fettle('stop', service);
    return {
      did: `fettle stop ${service}`,
      async holds() {
        const { state } = await serviceOf(stack, service);
        return state === 'stopped' ? null : `${service} is ${state}`;
      },
      end: async () => void (await stack.fettle('start', service)),
    };
  },
};
