/** A worker that waits for ever in a call without a deadline: no port, no words, no heartbeat. */
import { act, reflex, type Fault } from '../fault.ts';
import { serviceOf } from '../drill-stack.ts';
import { renewed, tellRun, endRun } from '../hands.ts';

export const workerStuck: Fault = {
  name: 'worker_stuck',
  family: 'process',
  unfit: () => null,
  async inject(stack) {
    const { worker } = stack.parts;
    const { service } = worker;
    const pid = await tellRun(stack, service, 'stuck');
    return {
      did: `${service} waits for ever`,
      signal: {
        what: 'its heartbeat is overdue, its process lives',
        async shows() {
          const { lastChecks, pid: now } = await serviceOf(stack, service);
          return now !== pid || lastChecks.at(-1) === 'failed';
        },
        withinMs: 30_000,
      },
      expected: { classes: ['worker_stuck'], targets: [service] },
      right: [reflex, act('service.restart'), act('process.signal')],
      cured: renewed(stack, worker, pid),
      undo: () => endRun(stack, service, pid),
      tempting: null,
    };
  },
};
