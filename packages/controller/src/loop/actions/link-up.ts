/**
 * A controller that has just begun does not know the stack yet: what is asked of it then waits a
 * moment for the supervisor's word, rather than calling services unknown.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ActionWorld } from './action-world.ts';

const lookMs = 20;

/** Returns when the supervisor is linked and the stack known, or the time is over. */
export async function linkUp({ link }: ActionWorld, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs;
  const isUp = (): boolean => link.connected() && link.stack() !== null;
  while (!isUp() && performance.now() < untilMs) await delay(lookMs);
}
