/** A batch job takes a whole core, as it should; nobody waits longer for it. */
import { pidOf } from '../drill-stack.ts';
import type { Negative } from '../negative.ts';

export const batchJob: Negative = {
  name: 'batch_job',
  heavy: true,
  watchMs: 28_000,
  unfit: ({ parts }) => (parts.batch === null ? 'no batch job' : null),
  async begin(stack) {
    const service = stack.parts.batch?.service ?? '';
    stack.tell(service, 'work 25');
    await stack.fettle('start', service, '--no-wait');
    const pid = await pidOf(stack, service);
    return {
      did: `${service} works for 25 s at 100 % (pid ${pid})`,
      holds: null,
      end: async () => stack.tell(service, ''),
    };
  },
};
