/** Changes how many instances of a service run, within the bounds of its config, and back. */
import { z } from 'zod';
import { changed, refused } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import {
  actor,
  ask,
  instancesOf,
  isLive,
  serviceOf,
  showsSoon,
  targetOf,
  untilSeen,
  wasAsked,
} from './supervised-service.ts';

const captured = z.object({ from: z.int(), to: z.int() });

export const serviceScale: Action = {
  name: 'service.scale',
  describe: (params) => `scale ${targetOf(params)} ${String(params['to'] ?? params['by'] ?? '')}`,
  plan(params, world) {
    const target = targetOf(params);
    const { from, to } = counts(params, world);
    const text = `scale ${target} from ${from} to ${to} ${to === 1 ? 'instance' : 'instances'}`;
    return Promise.resolve(plan(text, `fettle scale ${target}=${to}`, [target]));
  },
  capture(params, world) {
    const { from, to } = counts(params, world);
    if (to !== from) return Promise.resolve({ from, to });
    throw refused(`${targetOf(params)} runs in ${to} already`, 'Widen `scale` in the config.');
  },
  async apply(params, capture, context) {
    const { from, to } = captured.parse(capture);
    const target = targetOf(params);
    const now = wantedCount(context.world, target);
    if (now !== from) throw changed(`${target} was scaled to ${now} in the meantime`);
    await ask(context, { kind: 'scale', service: target, replicas: to, actor });
    await untilSeen(context, `${target} runs in ${to}`, () => runsIn(context.world, target, to));
    return `${target} runs in ${to}`;
  },
  async undo(params, capture, context) {
    const { from, to } = captured.parse(capture);
    const target = targetOf(params);
    const now = wantedCount(context.world, target);
    if (now !== to && now !== from) throw changed(`${target} was scaled to ${now} since`);
    await ask(context, { kind: 'scale', service: target, replicas: from, actor });
    const isBack = (): boolean => runsIn(context.world, target, from);
    await untilSeen(context, `${target} runs in ${from}`, isBack);
    return `${target} runs in ${from} again`;
  },
  async observe(params, capture, context) {
    const taken = await wasAsked(context);
    if (taken === null) return 'unknown';
    if (!taken) return 'not-done';
    const { to } = captured.parse(capture);
    const shows = await showsSoon(
      context,
      () => wantedCount(context.world, targetOf(params)) === to,
    );
    return shows ? 'done' : 'unknown';
  },
};

/** @throws FettleError E-ACT-TARGET */
function counts(params: ActParams, world: ActionWorld): Readonly<{ from: number; to: number }> {
  const { name, minReplicas, maxReplicas } = serviceOf(world, targetOf(params));
  const from = wantedCount(world, name);
  const { to, by, max } = params;
  const asked = typeof to === 'number' ? to : from + (typeof by === 'number' ? by : 1);
  const most = Math.min(maxReplicas, typeof max === 'number' ? max : maxReplicas);
  return { from, to: Math.max(minReplicas, Math.min(most, Math.floor(asked))) };
}

/** Surplus instances leave the view only when they have ended; they count until then. */
function wantedCount(world: ActionWorld, service: string): number {
  return instancesOf(world, service).length;
}

function runsIn(world: ActionWorld, service: string, count: number): boolean {
  const views = instancesOf(world, service);
  return views.length === count && views.every(isLive);
}
