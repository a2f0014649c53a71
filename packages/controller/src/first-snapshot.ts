/**
 * The first answer should be true: before the supervisor's snapshot is here we would tell "no
 * services" of a stack that runs well. So nobody is listened to before it, for a bounded while.
 */
import type { FullLink } from './supervisor-link.ts';

/** @returns whether it came; false: the supervisor is away, and the API says so. */
export function firstSnapshot(
  link: Pick<FullLink, 'connected' | 'onSnapshot'>,
  withinMs: number,
): Promise<boolean> {
  if (link.connected()) return Promise.resolve(true);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), withinMs);
  const off = link.onSnapshot(() => resolve(true));
  return promise.finally(() => {
    clearTimeout(timer);
    off();
  });
}
