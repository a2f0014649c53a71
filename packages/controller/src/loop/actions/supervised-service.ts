/** A service and its instances as the supervisor tells them, and waiting for them to change. */
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { RequestBody } from '@fettle/core/supervise/protocol';
import { parseDuration } from '@fettle/sdk/duration';
import { setTimeout as delay } from 'node:timers/promises';
import { failed, noTarget } from './act-error.ts';
import type { ActContext, ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';

/** Who asks, in the supervisor's notices and in the journal. */
export const actor = 'fettle';

/** @throws FettleError E-ACT-TARGET: unknown, or not ours to run. */
export function serviceOf(world: ActionWorld, name: string): Service {
  const service = world.link.stack()?.services.find((one) => one.name === name);
  if (service === undefined)
    throw noTarget(`there is no service ${name}`, 'The runbook names a service of another stack.');
  if (service.external)
    throw noTarget(`${name} is external`, 'Fettle watches it and cannot start or stop it.');
  return service;
}

export function targetOf(params: ActParams): string {
  return String(params['target'] ?? '');
}

export function instancesOf(world: ActionWorld, service: string): readonly InstanceView[] {
  return world.link.instances().filter((one) => one.service === service);
}

/** Milliseconds; numbers are milliseconds already. null: not given. */
export function durationOf(params: ActParams, name: string): number | null {
  const value = params[name];
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseDuration(value) : null;
}

/** Looks at each notice, and now and then, until it holds. @throws E-ACT-FAILED at the deadline. */
export async function untilSeen(
  context: ActContext,
  what: string,
  holds: () => boolean,
): Promise<void> {
  const { world, signal, timeoutMs } = context;
  while (!holds()) {
    if (signal.aborted) throw failed(`${what}: not within ${timeoutMs} ms`);
    await nextNotice(world, signal);
  }
}

const lookAgainMs = 250;

async function nextNotice(world: ActionWorld, signal: AbortSignal): Promise<void> {
  const heard = new AbortController();
  const dispose = world.link.onNotice(() => heard.abort());
  const either = AbortSignal.any([heard.signal, signal]);
  await delay(lookAgainMs, null, { signal: either }).catch(() => null);
  dispose();
}

/** The supervisor counts the key: repeated, the request acts once. */
export async function ask(context: ActContext, body: RequestBody, part = ''): Promise<void> {
  const { world, key, timeoutMs } = context;
  await world.link.request(body, { key: `${key}${part}`, timeoutMs: Math.min(timeoutMs, 10_000) });
}

/** null: the supervisor does not answer. */
export async function wasAsked(context: ActContext, part = ''): Promise<boolean | null> {
  try {
    const body = { kind: 'was-taken', of: `${context.key}${part}` } as const;
    const answer = await context.world.link.request(body, { timeoutMs: 2_000 });
    return (answer as Readonly<{ taken: boolean }>).taken;
  } catch {
    return null;
  }
}

/** As `untilSeen`, for looking back: false when it does not show in time. */
export async function showsSoon(context: ActContext, holds: () => boolean): Promise<boolean> {
  const untilMs = performance.now() + lookBackMs;
  while (!holds()) {
    if (context.signal.aborted || performance.now() > untilMs) return false;
    await nextNotice(context.world, context.signal);
  }
  return true;
}

const lookBackMs = 4_000;

/** The lives that its instances lead now, by instance; null: none. */
export function livesOf(
  world: ActionWorld,
  service: string,
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(instancesOf(world, service).map((one) => [one.instance, one.token]));
}

/** Stopped on purpose, all of it. */
export function isStopped(world: ActionWorld, service: string): boolean {
  const views = instancesOf(world, service);
  return views.length > 0 && views.every(({ state }) => state === 'stopped');
}

export function isLive(view: InstanceView): boolean {
  return view.token !== null && view.pid !== null && view.state !== 'stopping';
}
