/** Ends one run with a grace of one's own: SIGTERM by the supervisor, SIGKILL when it has passed. */
import type { EndReason } from '@fettle/core/supervise/run';
import { setTimeout as delay } from 'node:timers/promises';
import type { ActContext } from './action.ts';
import { ask } from './supervised-service.ts';

export type RunName = Readonly<{ instance: string; token: string }>;

const lookMs = 20;

/** null or 0: nothing more is to be done here. The end itself was asked for before. */
export async function killAfterGrace(
  { instance, token }: RunName,
  graceMs: number | null,
  reason: EndReason,
  context: ActContext,
): Promise<void> {
  if (graceMs === null) return;
  const isOld = (): boolean => context.world.link.instance(instance)?.token === token;
  const untilMs = performance.now() + graceMs;
  while (isOld() && performance.now() < untilMs && !context.signal.aborted) await delay(lookMs);
  if (isOld()) await ask(context, { kind: 'end', token, reason, kill: true }, `/${instance}/kill`);
}
