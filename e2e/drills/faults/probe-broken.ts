/** The health path itself is broken; customers are served as ever. */
import { act, escalate, type Fault } from '../fault.ts';
import { askService, serviceOf } from '../drill-stack.ts';

export const probeBroken: Fault = {
  name: 'probe_broken',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const { front, apis, plain } = stack.parts;
    const victim = stack.kind === 'shop' ? front : dice.pick([front, ...apis, ...plain]);
    const { service, health, work } = victim;
    const [status, text] = dice.pick([
      ['500', 'TypeError: stats.p99 is not a function'],
      ['404', 'Not Found'],
      ['503', 'no health provider registered'],
    ] as const);
    stack.tell(service, `ill ${health} ${status} ${text}`);
    return {
      did: `${health} of ${service} answers ${status}`,
      signal: {
        what: `${status} on ${health}, 200 on ${work}`,
        async shows() {
          const ill = await askService(stack, service, health);
          const well = await askService(stack, service, work, 3_000);
          return ill.status === Number(status) && well.status === 200;
        },
      },
      expected: { classes: ['probe_broken'], targets: [service] },
      right: [act('check.silence'), escalate],
      // Silenced, the check decides nothing, and nobody who needs the service is held up by it.
      cured: async () => (await serviceOf(stack, service)).state === 'ok',
      undo: async () => stack.tell(service, ''),
      tempting: { what: `restart ${service}`, run: () => stack.fettle('restart', service) },
    };
  },
};
