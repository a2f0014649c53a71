/** Bounds the number of live streams: each holds a socket and a buffer. */
import { FettleError } from '@fettle/sdk/fettle-error';

export const heartbeatMs = 10_000;
/**
 * For routes whose answer takes as long as its reader does: fastify has no "never", and a longer
 * timer would fire at once. A dead reader is noticed by its socket.
 */
export const streamMs = 2_147_483_647;
const maxStreams = 256;

export type StreamSlots = Readonly<{
  /** Answers what gives the slot back (once). @throws FettleError E-API-BUSY */
  take(): () => void;
  count(): number;
}>;

export function createStreamSlots(limit = maxStreams): StreamSlots {
  let open = 0;
  return {
    count: () => open,
    take() {
      if (open >= limit)
        throw new FettleError('E-API-BUSY', `${limit} live streams are open already`, {
          hint: 'close some: a page or `fettle logs -f` holds one each',
          status: 503,
        });
      open += 1;
      let held = true;
      return () => {
        if (held) open -= 1;
        held = false;
      };
    },
  };
}
