/**
 * Installs the locked dependencies of a service from what lies on this machine: `npm ci --offline`
 * or `pip install --no-index`, never a package that is not locked, never from the network. The set
 * that was there is kept beside it; the way back puts it in place again.
 */
import { z } from 'zod';
import { changed, noMeans } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { hashOf } from './kept-bytes.ts';
import { npmPackages } from './package-sets/npm-packages.ts';
import type { PackageSet } from './package-sets/package-set.ts';
import { pipPackages } from './package-sets/pip-packages.ts';
import { serviceOf, targetOf } from './supervised-service.ts';

const captured = z.object({ kind: z.string(), lock: z.string() });

/** Asked in this order. */
const kinds = [npmPackages, pipPackages];

export const depsRestore: Action = {
  name: 'deps.restore',
  describe: (params) => `install the locked dependencies of ${targetOf(params)} again`,
  plan(params, world) {
    const target = targetOf(params);
    const { set, lacks } = find(params, world);
    const text = `install the locked dependencies of ${target} from this machine`;
    return Promise.resolve(plan(text, set?.command ?? 'install them by hand', [target], lacks));
  },
  capture(params, world) {
    const { set, lacks } = find(params, world);
    if (set !== null && lacks === null)
      return Promise.resolve({ kind: set.kind, lock: set.lock() });
    const hint = 'Install them by hand; Fettle takes no package that is not locked.';
    throw noMeans(`${targetOf(params)} lacks ${lacks ?? 'a lock file'}`, hint);
  },
  async apply(params, capture, { world, key, signal }) {
    const set = same(params, capture, world);
    await set.install(placeOf(key), signal);
    return 'the locked dependencies are in place; the former ones are kept';
  },
  undo(params, capture, { world, key }) {
    const set = same(params, capture, world);
    return Promise.resolve(set.putBack(placeOf(key.replace(/\/undo$/, ''))));
  },
  observe(params, capture, { world, key }) {
    const set = same(params, capture, world);
    return Promise.resolve(set.isInstalled(placeOf(key)) ? 'done' : 'not-done');
  },
};

type Found = Readonly<{ set: PackageSet | null; lacks: string | null }>;

function find(params: ActParams, world: ActionWorld): Found {
  const service = serviceOf(world, targetOf(params));
  const sets = kinds.flatMap((open) => open(service, world.env) ?? []);
  const set = sets.find(({ lacks }) => lacks === null) ?? sets[0] ?? null;
  return { set, lacks: set === null ? 'a lock file' : set.lacks };
}

function same(params: ActParams, capture: unknown, world: ActionWorld): PackageSet {
  const { kind, lock } = captured.parse(capture);
  const { set } = find(params, world);
  if (set?.kind === kind && set.lock() === lock) return set;
  throw changed('the lock file was changed in the meantime');
}

/** A folder name of its own for each act. */
function placeOf(key: string): string {
  return hashOf(key).slice(0, 16);
}
