/**
 * Moves an instance to the supervisor's next free port, or to one that is named; dependants that
 * were told the old one are restarted. The way back moves it to the port that it had.
 */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { z } from 'zod';
import { changed, noMeans, noTarget } from './act-error.ts';
import { plan, type Action, type ActContext, type ActParams } from './action.ts';
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

const captured = z.object({ instance: z.string(), port: z.int() });

export const portReassign: Action = {
  name: 'port.reassign',
  describe: (params) => `give ${targetOf(params)} another port`,
  plan(params, world) {
    const { instance, port } = subject(params, world);
    const to = params['port'] ?? 'the next free port';
    const { name } = serviceOf(world, targetOf(params));
    const told = dependantsOf(name, world);
    const text = `move ${instance} from ${port} to ${String(to)}${
      told.length === 0 ? '' : `; ${told.join(', ')} will be told`
    }`;
    const command = `fettle restart ${name}   # with another port in its config`;
    return Promise.resolve(plan(text, command, [name, ...told], lackOf(params, world)));
  },
  capture(params, world) {
    const lacks = lackOf(params, world);
    if (lacks === null) return Promise.resolve(subject(params, world));
    const hint = 'Give the service a range of ports, or `fallback: true`.';
    throw noMeans(`${targetOf(params)} lacks ${lacks}`, hint);
  },
  async apply(params, capture, context) {
    const { instance, port } = captured.parse(capture);
    const now = portOf(context.world, instance);
    if (now !== port) throw changed(`${instance} has port ${String(now)} in the meantime`);
    const { port: to = null } = params;
    await move(instance, typeof to === 'number' ? to : null, context);
    const isMoved = (): boolean => serves(context.world, instance, (one) => one !== port);
    await untilSeen(context, `${instance} has another port`, isMoved);
    return `${instance} listens on ${String(portOf(context.world, instance))} now`;
  },
  async undo(_params, capture, context) {
    const { instance, port } = captured.parse(capture);
    await move(instance, port, context);
    const isBack = (): boolean => serves(context.world, instance, (one) => one === port);
    await untilSeen(context, `${instance} is back on ${port}`, isBack);
    return `${instance} is back on ${port}`;
  },
  async observe(_params, capture, context) {
    const taken = await wasAsked(context);
    if (taken === null) return 'unknown';
    if (!taken) return 'not-done';
    const { instance, port } = captured.parse(capture);
    const shows = await showsSoon(context, () => {
      const now = portOf(context.world, instance);
      return now !== null && now !== port;
    });
    return shows ? 'done' : 'unknown';
  },
};

function move(instance: string, to: number | null, context: ActContext): Promise<void> {
  return ask(context, { kind: 'move-port', instance, to, actor });
}

/** Of several instances the one that is in trouble, else the first. */
function subject(params: ActParams, world: ActionWorld): z.infer<typeof captured> {
  const { name } = serviceOf(world, targetOf(params));
  const views = instancesOf(world, name).filter(({ port }) => port !== null);
  const ill = views.find(({ portTrouble, ready }) => portTrouble !== null || !ready) ?? views[0];
  const port = ill?.port?.port;
  if (ill === undefined || port === undefined)
    throw noTarget(`${name} has no port`, 'Only a service with a port can be given another.');
  return { instance: ill.instance, port };
}

function lackOf(params: ActParams, world: ActionWorld): string | null {
  const { port } = serviceOf(world, targetOf(params));
  if (port === null) return 'a port';
  const choices = port.preferred.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return port.fallback || choices > 1 || params['port'] !== undefined ? null : 'a second port';
}

function dependantsOf(service: string, world: ActionWorld): readonly string[] {
  const all = world.link.stack()?.services ?? [];
  return all
    .filter(({ dependsOn }) => dependsOn.some((one) => one.service === service))
    .map(({ name }) => name);
}

function portOf(world: ActionWorld, instance: string): number | null {
  return world.link.instance(instance)?.port?.port ?? null;
}

function serves(world: ActionWorld, instance: string, fits: (port: number) => boolean): boolean {
  const view: InstanceView | null = world.link.instance(instance);
  return view !== null && isLive(view) && view.port !== null && fits(view.port.port);
}
