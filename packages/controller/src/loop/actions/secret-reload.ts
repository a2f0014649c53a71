/**
 * Has a service take up its secret files as they are now: by SIGHUP where it minds that, else by a
 * restart. A secret that only stands in the environment is read by `fettle up`, not by us.
 */
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { noMeans } from './act-error.ts';
import { canReload, serviceReload } from './service-reload.ts';
import { serviceRestart } from './service-restart.ts';
import { serviceOf, targetOf } from './supervised-service.ts';
import { filesOf, shown } from './swap-files.ts';
import { isRecord } from './value-shape.ts';

export const secretReload: Action = {
  name: 'secret.reload',
  describe: (params) => `have ${targetOf(params)} read its secret again`,
  plan(params, world) {
    const target = targetOf(params);
    const paths = secretsOf(params, world).map((path) => shown(path, world));
    const way = wayOf(target, world);
    const [how, command] =
      way === 'reload'
        ? ['SIGHUP', `kill -HUP <pid of ${target}>`]
        : ['a restart', `fettle restart ${target}`];
    const text = `have ${target} read ${paths.join(', ') || 'its secret'} again, by ${how}`;
    const lacks = paths.length === 0 ? 'a watched secret file' : null;
    return Promise.resolve(plan(text, command, [target], lacks));
  },
  async capture(params, world) {
    const target = targetOf(params);
    if (secretsOf(params, world).length === 0)
      throw noMeans(
        `${target} reads no watched secret file`,
        'Run "fettle up": a secret in its environment is read there.',
      );
    const way = wayOf(target, world);
    return { way, inner: await actionOf(way).capture({ target }, world) };
  },
  apply(params, capture, context) {
    const { way, inner } = parts(capture);
    return actionOf(way).apply({ target: targetOf(params) }, inner, context);
  },
  undo: null,
  observe(params, capture, context) {
    const { way, inner } = parts(capture);
    return actionOf(way).observe({ target: targetOf(params) }, inner, context);
  },
};

type Way = 'reload' | 'restart';

function wayOf(target: string, world: ActionWorld): Way {
  return canReload(target, world) ? 'reload' : 'restart';
}

function actionOf(way: Way): Action {
  return way === 'reload' ? serviceReload : serviceRestart;
}

function parts(capture: Value): Readonly<{ way: Way; inner: Value }> {
  if (!isRecord(capture)) return { way: 'restart', inner: null };
  return {
    way: capture['way'] === 'reload' ? 'reload' : 'restart',
    inner: capture['inner'] ?? null,
  };
}

function secretsOf(params: ActParams, world: ActionWorld): readonly string[] {
  const { name } = serviceOf(world, targetOf(params));
  if (world.ledger === null) return [];
  const wanted = params['path'];
  return filesOf(name, world)
    .filter(({ secret }) => secret)
    .map(({ path }) => path)
    .filter((path) => wanted === undefined || path === wanted || shown(path, world) === wanted);
}
