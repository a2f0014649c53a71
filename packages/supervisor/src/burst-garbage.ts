/**
 * Gives memory back after a burst. Starting hundreds of services leaves a young generation and
 * pages behind that V8 would keep, because an idle supervisor never allocates enough to collect.
 * One collection (about 10 ms) some seconds after the last of many starts frees them.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Fewer starts leave nothing worth a pause. */
const burstStarts = 50;
const quietMs = 2_000;

export function createBurstGarbage(): Readonly<{ started(): void; stop(): void }> {
  let starts = 0;
  let timer: NodeJS.Timeout | null = null;
  return {
    started() {
      starts += 1;
      if (starts < burstStarts) return;
      if (timer !== null) timer.refresh();
      else
        timer = setTimeout(() => {
          timer = null;
          starts = 0;
          collectGarbage();
        }, quietMs);
      timer.unref();
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' });
}
