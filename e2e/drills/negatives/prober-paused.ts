/** Our own prober gets hardly any processor: every check is late at once. */
import { pause, serviceOf } from '../drill-stack.ts';
import type { Negative } from '../negative.ts';

export const proberPaused: Negative = {
  name: 'prober_paused',
  watchMs: 25_000,
  unfit: () => null,
  async begin(stack) {
    const { controllerPid } = (await stack.loop.status()).daemon;
    const { service } = stack.parts.front;
    const before = (await serviceOf(stack, service)).pid;
    const over = new AbortController();
    const starving = (async (): Promise<void> => {
      for (let round = 0; round < 6 && !over.signal.aborted; round += 1) {
        process.kill(controllerPid, 'SIGSTOP');
        await pause(1_800);
        process.kill(controllerPid, 'SIGCONT');
        await pause(200);
      }
    })();
    return {
      did: 'the prober runs a tenth of the time for 12 s',
      async holds() {
        const { pid } = await serviceOf(stack, service);
        return pid === before ? null : `${service} was restarted`;
      },
      async end() {
        over.abort();
        await starving;
      },
    };
  },
};
