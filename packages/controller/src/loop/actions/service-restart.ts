/**
 * Restarts a service one instance after the other, the next only when the one before is ready
 * again, so that the others serve meanwhile. What is down is started.
 *
 * `grace: 0s` kills at once: a hung process does not hear SIGTERM. A grace of its own ends the
 * instance by SIGKILL when it has passed. A service that was stopped on purpose is left alone.
 */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { z } from 'zod';
import { changed, failed, noTarget, refused } from './act-error.ts';
import { plan, type ActContext, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { killAfterGrace, type RunName } from './end-run.ts';
import {
  actor,
  ask,
  durationOf,
  instancesOf,
  isLive,
  livesOf,
  serviceOf,
  showsSoon,
  targetOf,
  untilSeen,
  wasAsked,
} from './supervised-service.ts';

const captured = z.object({ lives: z.record(z.string(), z.string().nullable()) });

export const serviceRestart: Action = {
  name: 'service.restart',
  describe: ({ target, instance }) => `restart ${String(instance ?? target)}`,
  plan(params, world) {
    const views = chosen(params, world);
    const graceMs = durationOf(params, 'grace');
    const how =
      graceMs === null ? '' : graceMs === 0 ? ', killed at once' : `, ${graceMs} ms grace`;
    const order = views.length > 1 ? ', one after the other' : '';
    const text = `restart ${views.map(({ instance }) => instance).join(', ')}${order}${how}`;
    const target = targetOf(params);
    return Promise.resolve(plan(text, `fettle restart ${target}`, [target]));
  },
  capture(params, world) {
    const views = chosen(params, world);
    if (views.every(({ state }) => state === 'stopped'))
      throw refused(`${targetOf(params)} was stopped on purpose`, 'Start it with "fettle start".');
    return Promise.resolve({ lives: livesOf(world, targetOf(params)) });
  },
  async apply(params, capture, context) {
    const { lives } = captured.parse(capture);
    const names = chosen(params, context.world).map(({ instance }) => instance);
    for (const name of names) await restartOne(name, lives[name] ?? null, params, context);
    return `${names.join(', ')} ${names.length === 1 ? 'was' : 'were'} restarted`;
  },
  undo: null,
  async observe(params, capture, context) {
    const { lives } = captured.parse(capture);
    const asked: (boolean | null)[] = [];
    for (const { instance } of chosen(params, context.world))
      asked.push(await wasAsked(context, `/${instance}`));
    if (asked.includes(null)) return 'unknown';
    if (!asked.includes(true)) return 'not-done';
    const isNew = (view: InstanceView): boolean =>
      isLive(view) && view.token !== (lives[view.instance] ?? null);
    // Half of them is neither: a person decides whether the others follow.
    if (asked.includes(false)) return 'unknown';
    const shows = await showsSoon(context, () => chosen(params, context.world).every(isNew));
    return shows ? 'done' : 'unknown';
  },
};

/** @throws FettleError E-ACT-TARGET */
function chosen(params: ActParams, world: ActionWorld): readonly InstanceView[] {
  const { name } = serviceOf(world, targetOf(params));
  const only = params['instance'];
  const all = instancesOf(world, name);
  if (only === undefined) return all;
  const found = all.filter(({ instance }) => instance === only);
  if (found.length === 0)
    throw noTarget(
      `${name} has no instance ${String(only)}`,
      'It was scaled down in the meantime.',
    );
  return found;
}

async function restartOne(
  name: string,
  before: string | null,
  params: ActParams,
  context: ActContext,
): Promise<void> {
  const { world } = context;
  const view = world.link.instance(name);
  if (view === null) return;
  if (view.state === 'stopped') throw changed(`${name} was stopped by somebody in the meantime`);
  if (view.token === null) {
    const services = [view.service];
    await ask(context, { kind: 'command', command: 'start', services, actor }, `/${name}`);
  } else if (view.token === before)
    await endRun({ instance: name, token: view.token }, params, context);
  // Else it lives a new life since the capture: that is the restart that was wanted.
  const serves = (): boolean => {
    const now = world.link.instance(name);
    if (now?.state === 'failed' && now.spawnError !== null)
      throw failed(`${name} cannot be started: ${now.spawnError.message}`);
    if (now === null || now.state === 'done') return true;
    return isLive(now) && now.token !== before && (now.ready || isAlone(now, world));
  };
  await untilSeen(context, `${name} runs again`, serves);
}

/** With nobody else to serve there is nothing to wait for: the verification looks at it. */
function isAlone({ service }: InstanceView, world: ActionWorld): boolean {
  return instancesOf(world, service).length === 1;
}

async function endRun(run: RunName, params: ActParams, context: ActContext): Promise<void> {
  const graceMs = durationOf(params, 'grace');
  const { token, instance } = run;
  const reason = 'operator-restart';
  await ask(context, { kind: 'end', token, reason, kill: graceMs === 0 }, `/${instance}`);
  await killAfterGrace(run, graceMs, reason, context);
}
