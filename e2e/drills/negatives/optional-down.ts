/** Something that is only nice to have is away: those who use it do without. */
import { pidOf } from '../drill-stack.ts';
import type { Negative } from '../negative.ts';

export const optionalDown: Negative = {
  name: 'optional_dependency_down',
  watchMs: 25_000,
  unfit: () => null,
  async begin(stack) {
    const { partner, plain } = stack.parts;
    if (partner !== null) {
      await partner.switch(false);
      return {
        did: `${partner.service}, an outside service that is optional, is away`,
        holds: null,
        end: () => partner.switch(true),
      };
    }
    // In the shop the API sells at list prices when nobody can ask for better ones.
    const before = await pidOf(stack, 'api');
    const { service } = plain[0] ?? { service: 'pricing' };
    await stack.fettle('stop', service);
    return {
      did: `${service}, which is optional, is away`,
      async holds() {
        return (await pidOf(stack, 'api')) === before ? null : 'api was restarted';
      },
      end: async () => void (await stack.fettle('start', service)),
    };
  },
};
