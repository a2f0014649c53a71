/** A function that costs far too much: a whole core, and everybody who asks waits for it. */
import { act, reflex, type Fault } from '../fault.ts';
import { askService, type DrillStack, type Program } from '../drill-stack.ts';
import { cpuSeconds, processState, renewed, tellRun, endRun } from '../hands.ts';

const victims = ({ parts }: DrillStack): readonly Program[] =>
  [...parts.apis, ...parts.plain, parts.front].filter(
    ({ language, timed }) => language === 'node' && timed,
  );

export const cpuOwnHotLoop: Fault = {
  name: 'cpu_own_hot_loop',
  family: 'process',
  heavy: true,
  // The service must tell how long requests take: without that, load and fault look alike.
  unfit: (stack) => (victims(stack).length > 0 ? null : 'no log tells how long requests take'),
  async inject(stack, dice) {
    const victim = dice.pick(victims(stack));
    const { service, health } = victim;
    const pid = await tellRun(stack, service, `burn 0.94 ${dice.between(5, 7) * 50}`);
    let [atMs, used] = [performance.now(), cpuSeconds(pid)];
    return {
      did: `${service} burns a core in slices`,
      signal: {
        what: 'nearly half of a core or more, and a slow answer',
        async shows() {
          // Who gives no answer at all may have been ended before we could look.
          if (processState(pid) === null) return true;
          const nowMs = performance.now();
          const share = (cpuSeconds(pid) - used) / ((nowMs - atMs) / 1_000);
          if (nowMs - atMs < 2_000) return false;
          [atMs, used] = [nowMs, cpuSeconds(pid)];
          const { tookMs } = await askService(stack, service, health, 3_000);
          return share > 0.45 && tookMs > 100;
        },
        withinMs: 60_000,
      },
      expected: {
        classes: ['cpu_own_hot_loop', 'cpu_own_threads', 'event_loop_block'],
        targets: [service],
      },
      // Slices that leave no time for an answer are a hang, which the health part mends.
      right: [reflex, act('service.restart')],
      cured: renewed(stack, victim, pid),
      undo: () => endRun(stack, service, pid),
      tempting: {
        what: `restart ${stack.parts.database.service}`,
        run: () => stack.fettle('restart', stack.parts.database.service),
      },
    };
  },
};
