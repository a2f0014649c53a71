/** The controller itself stands still for eight seconds, as in a suspended machine. */
import { serviceOf } from '../drill-stack.ts';
import type { Negative } from '../negative.ts';

export const collectionPause: Negative = {
  name: 'collection_pause',
  watchMs: 25_000,
  unfit: () => null,
  async begin(stack) {
    const { controllerPid } = (await stack.loop.status()).daemon;
    const { service } = stack.parts.front;
    const before = (await serviceOf(stack, service)).pid;
    process.kill(controllerPid, 'SIGSTOP');
    const on = (): boolean => process.kill(controllerPid, 'SIGCONT');
    const over = setTimeout(on, 8_000);
    return {
      did: `the controller (pid ${controllerPid}) stands still for 8 s`,
      async holds() {
        const { pid } = await serviceOf(stack, service);
        return pid === before ? null : `${service} was restarted`;
      },
      async end() {
        clearTimeout(over);
        on();
      },
    };
  },
};
