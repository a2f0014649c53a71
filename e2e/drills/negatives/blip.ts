/** A service answers badly for three seconds, then is well again by itself. */
import { pickApi } from '../hands.ts';
import type { Negative } from '../negative.ts';

export const blip: Negative = {
  name: 'blip_3s',
  watchMs: 18_000,
  unfit: () => null,
  async begin(stack, dice) {
    const { service, health } = pickApi(stack, dice);
    stack.tell(service, `ill ${health} 503 warming up`);
    const over = setTimeout(() => stack.tell(service, ''), 3_000);
    return {
      did: `${service} answers 503 for 3 s`,
      holds: null,
      async end() {
        clearTimeout(over);
        stack.tell(service, '');
      },
    };
  },
};
