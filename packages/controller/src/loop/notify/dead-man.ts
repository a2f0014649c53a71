/**
 * Calls the URLs of `notify[].dead_man` every minute while the loop draws its conclusions. When the
 * calls stop, whoever waits for them knows that nobody watches here any more.
 */
import type { Stack } from '@fettle/core/stack/service';

export type DeadMan = Readonly<{ stop(): void }>;

export type DeadManOptions = Readonly<{
  stack: () => Stack | null;
  /** Is the loop alive? */
  isAlive: () => boolean;
  everyMs?: number;
}>;

const defaultEveryMs = 60_000;
const answerMs = 10_000;

export function openDeadMan({ stack, isAlive, everyMs }: DeadManOptions): DeadMan {
  const ending = new AbortController();
  const call = (): void => {
    if (!isAlive()) return;
    const urls = (stack()?.notify ?? []).flatMap(({ deadMan }) => deadMan ?? []);
    for (const url of new Set(urls)) {
      const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(answerMs)]);
      fetch(url, { method: 'POST', redirect: 'manual', signal }).then(
        ({ body }) => body?.cancel(),
        // The next call is due in a minute; that it stays away is the message.
        () => undefined,
      );
    }
  };
  const timer = setInterval(call, everyMs ?? defaultEveryMs).unref();
  return {
    stop() {
      clearInterval(timer);
      ending.abort();
    },
  };
}
