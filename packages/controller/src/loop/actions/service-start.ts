/**
 * Starts a service that is down. Done when each of its instances has a process (or a one-shot has
 * ended well); whether it serves is for the verification to say.
 *
 * The way back stops only what had been stopped on purpose: what was merely dead is wanted to run,
 * and a failed cure is no reason to want it less.
 */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { z } from 'zod';
import { changed, failed } from './act-error.ts';
import { plan, type Action } from './action.ts';
import {
  actor,
  ask,
  instancesOf,
  isLive,
  isStopped,
  livesOf,
  serviceOf,
  showsSoon,
  targetOf,
  untilSeen,
  wasAsked,
} from './supervised-service.ts';

const captured = z.object({
  wasStopped: z.boolean(),
  lives: z.record(z.string(), z.string().nullable()),
});

export const serviceStart: Action = {
  name: 'service.start',
  describe: (params) => `start ${targetOf(params)}`,
  plan(params, world) {
    const { name } = serviceOf(world, targetOf(params));
    const down = instancesOf(world, name).filter((one) => !isLive(one));
    const which = down.map(({ instance }) => instance).join(', ');
    const text = down.length === 0 ? `${name} runs already: nothing to start` : `start ${which}`;
    return Promise.resolve(plan(text, `fettle start ${name}`, [name]));
  },
  capture(params, world) {
    const { name } = serviceOf(world, targetOf(params));
    return Promise.resolve({ wasStopped: isStopped(world, name), lives: livesOf(world, name) });
  },
  async apply(params, capture, context) {
    const { world } = context;
    const { name } = serviceOf(world, targetOf(params));
    const before = captured.parse(capture);
    if (isStopped(world, name) && !before.wasStopped)
      throw changed(`${name} was stopped by somebody in the meantime`);
    await ask(context, { kind: 'command', command: 'start', services: [name], actor });
    await untilSeen(context, `${name} has started`, () => {
      const views = instancesOf(world, name);
      for (const view of views) refuseSpawnError(view);
      return views.length > 0 && views.every(isStarted);
    });
    const pids = instancesOf(world, name).flatMap(({ pid }) => pid ?? []);
    return pids.length === 0 ? `${name} ran` : `${name} runs (pid ${pids.join(', ')})`;
  },
  async undo(params, capture, context) {
    const { name } = serviceOf(context.world, targetOf(params));
    if (!captured.parse(capture).wasStopped)
      return `${name} was wanted to run before, too: nothing to take back`;
    await ask(context, { kind: 'command', command: 'stop', services: [name], actor });
    await untilSeen(context, `${name} has stopped`, () => isStopped(context.world, name));
    return `${name} is stopped again`;
  },
  async observe(params, capture, context) {
    const taken = await wasAsked(context);
    if (taken === null) return 'unknown';
    if (!taken) return 'not-done';
    const { lives } = captured.parse(capture);
    const shows = await showsSoon(context, () => {
      const views = instancesOf(context.world, targetOf(params));
      // One that lives, or lived since: the start came about, whatever became of it.
      const began = views.some(({ instance, token, lastToken }) => {
        const before = lives[instance] ?? null;
        return (token ?? lastToken) !== before && (token !== null || before !== null);
      });
      return began || (views.length > 0 && views.every(isStarted));
    });
    return shows ? 'done' : 'unknown';
  },
};

function isStarted(view: InstanceView): boolean {
  return view.state === 'done' || isLive(view);
}

function refuseSpawnError({ instance, state, spawnError }: InstanceView): void {
  if (state !== 'failed' || spawnError === null) return;
  throw failed(`${instance} cannot be started: ${spawnError.message}`);
}
