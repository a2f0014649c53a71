/**
 * Stops a service. The way back starts it, if it ran. A grace of its own is followed by SIGKILL
 * when it has passed; without one the definition's grace holds.
 */
import { z } from 'zod';
import { changed } from './act-error.ts';
import { plan, type Action } from './action.ts';
import { killAfterGrace } from './end-run.ts';
import {
  actor,
  ask,
  durationOf,
  instancesOf,
  isLive,
  isStopped,
  serviceOf,
  showsSoon,
  targetOf,
  untilSeen,
  wasAsked,
} from './supervised-service.ts';

const captured = z.object({ wasStopped: z.boolean() });

export const serviceStop: Action = {
  name: 'service.stop',
  describe: (params) => `stop ${targetOf(params)}`,
  plan(params, world) {
    const { name } = serviceOf(world, targetOf(params));
    const live = instancesOf(world, name).filter(isLive);
    const which = live.map(({ instance }) => instance).join(', ');
    const text = live.length === 0 ? `${name} does not run: nothing to stop` : `stop ${which}`;
    return Promise.resolve(plan(text, `fettle stop ${name}`, [name]));
  },
  capture(params, world) {
    const { name } = serviceOf(world, targetOf(params));
    return Promise.resolve({ wasStopped: isStopped(world, name) });
  },
  async apply(params, _capture, context) {
    const { world } = context;
    const { name } = serviceOf(world, targetOf(params));
    const runs = instancesOf(world, name).flatMap(({ instance, token }) =>
      token === null ? [] : [{ instance, token }],
    );
    await ask(context, { kind: 'command', command: 'stop', services: [name], actor });
    const graceMs = durationOf(params, 'grace');
    for (const run of runs) await killAfterGrace(run, graceMs, 'operator-stop', context);
    await untilSeen(context, `${name} has stopped`, () => isStopped(world, name));
    return `${name} is stopped`;
  },
  async undo(params, capture, context) {
    const { world } = context;
    const { name } = serviceOf(world, targetOf(params));
    if (captured.parse(capture).wasStopped) return `${name} was stopped before, too`;
    if (!instancesOf(world, name).some(({ state }) => state === 'stopped')) {
      if (instancesOf(world, name).some(isLive)) return `${name} runs already`;
      throw changed(`${name} is neither stopped nor running`);
    }
    await ask(context, { kind: 'command', command: 'start', services: [name], actor });
    const runs = (): boolean => instancesOf(world, name).every(isLive);
    await untilSeen(context, `${name} has started`, runs);
    return `${name} runs again`;
  },
  async observe(params, _capture, context) {
    const taken = await wasAsked(context);
    if (taken === null) return 'unknown';
    if (!taken) return 'not-done';
    const shows = await showsSoon(context, () => isStopped(context.world, targetOf(params)));
    return shows ? 'done' : 'unknown';
  },
};
