/** A wait that an abort cuts short. */

export function pauseMs(waitMs: number, abort: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    clearTimeout(timer);
    abort.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, waitMs);
  abort.addEventListener('abort', done);
  if (abort.aborted) done();
  return promise;
}
