/**
 * Has the health part ignore a check that is wrong, for a while: it is still asked, but decides
 * nothing. Kept on disk by the health part, so that a restart of the controller does not end it.
 */
import { z } from 'zod';
import { noMeans, noTarget } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import type { HealthPart } from '../../parts.ts';
import { durationOf, targetOf } from './supervised-service.ts';

const defaultMs = 30 * 60_000;
const longestMs = 24 * 3_600_000;

const captured = z.object({ checks: z.array(z.string()), before: z.array(z.string()) });

export const checkSilence: Action = {
  name: 'check.silence',
  describe: (params) => `ignore ${String(params['check'] ?? 'the checks')} of ${targetOf(params)}`,
  plan(params, world) {
    const target = targetOf(params);
    const names = checksOf(params, world).join(', ');
    const minutes = Math.round(ttlOf(params) / 60_000);
    const text = `ignore ${names} of ${target} for ${minutes} min; it is still asked`;
    return Promise.resolve(plan(text, `set \`required: false\` on that check`, [target]));
  },
  capture(params, world) {
    const checks = checksOf(params, world);
    const before = silencedOf(targetOf(params), world);
    return Promise.resolve({ checks, before });
  },
  apply(params, capture, { world }) {
    const { checks } = captured.parse(capture);
    const service = targetOf(params);
    const untilMs = Date.now() + ttlOf(params);
    for (const check of checks) healthOf(world).silence({ service, check, untilMs });
    return Promise.resolve(`${checks.join(', ')} of ${service} decides nothing for now`);
  },
  undo(params, capture, { world }) {
    const { checks, before } = captured.parse(capture);
    const service = targetOf(params);
    for (const check of checks)
      if (!before.includes(check)) healthOf(world).unsilence(service, check);
    return Promise.resolve(`${checks.join(', ')} of ${service} counts again`);
  },
  observe(params, capture, { world }) {
    const { checks } = captured.parse(capture);
    const now = silencedOf(targetOf(params), world);
    return Promise.resolve(checks.every((check) => now.includes(check)) ? 'done' : 'not-done');
  },
};

function healthOf({ health }: ActionWorld): HealthPart {
  if (health !== null) return health;
  throw noMeans('no checks run here', 'Start the stack first.');
}

function ttlOf(params: ActParams): number {
  return Math.min(durationOf(params, 'ttl') ?? defaultMs, longestMs);
}

function silencedOf(service: string, world: ActionWorld): readonly string[] {
  return healthOf(world)
    .silences()
    .filter((one) => one.service === service)
    .map(({ check }) => check);
}

/** The one named, else those that fail now; without any, all. External services have checks, too. */
function checksOf(params: ActParams, world: ActionWorld): readonly string[] {
  const target = targetOf(params);
  const service = world.link.stack()?.services.find(({ name }) => name === target);
  const names = service?.healthChecks.map(({ name }) => name) ?? [];
  const { check } = params;
  if (check !== undefined && names.includes(String(check))) return [String(check)];
  if (check !== undefined || names.length === 0)
    throw noTarget(`${target} has no check ${String(check ?? '')}`, `It has: ${names.join(', ')}.`);
  const failing = world.link
    .instances()
    .filter((view) => view.service === target)
    .flatMap(({ instance }) =>
      healthOf(world)
        .failing(instance)
        .map(({ name }) => name),
    );
  return failing.length > 0 ? [...new Set(failing)] : names;
}
