/** Somebody stopped the process (SIGSTOP): it is whole, and only has to be continued. */
import { act, reflex, type Fault } from '../fault.ts';
import { serviceOf } from '../drill-stack.ts';
import { killBehind, pickService, processState, works } from '../hands.ts';

export const stopped: Fault = {
  name: 'stopped',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service } = victim;
    const pid = await killBehind(stack, service, 'SIGSTOP');
    let seen = processState(pid) === 'T';
    return {
      did: `${service} was stopped`,
      signal: {
        what: 'state T',
        shows: async () => (seen ||= processState(pid) === 'T'),
      },
      expected: { classes: ['stopped'], targets: [service] },
      right: [reflex, act('process.signal')],
      // The same run, continued: its memory was worth keeping.
      cured: async () =>
        processState(pid) !== 'T' &&
        (await serviceOf(stack, service)).pid === pid &&
        works(stack, victim),
      async undo() {
        if (processState(pid) === 'T') process.kill(pid, 'SIGCONT');
      },
      tempting: null,
    };
  },
};
