/** For what has no event to wait for: asks every 25 ms, and gives up after 20 s. */
import { setTimeout as pause } from 'node:timers/promises';

/** An error of `look` counts as "not yet". `tell`: what to say when time is up. */
export async function pollUntil(
  look: () => boolean | Promise<boolean>,
  tell: () => string,
): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds(look))) {
    if (performance.now() > deadline) throw new DOMException(tell(), 'TimeoutError');
    await pause(25);
  }
}

async function holds(look: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await look();
  } catch {
    return false;
  }
}
