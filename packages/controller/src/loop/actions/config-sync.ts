/**
 * Gives both ends of a link the same configuration: the registry's, which the label
 * `fettle.registry: FILE` of the target names (relative to its working folder).
 *
 * A watched file of the target or of its peer is replaced when it has the registry's file name, or
 * `path` names it. Without the label there is nothing that says which version is right.
 */
import { basename, resolve } from 'node:path';
import { noMeans } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { readFileState } from './file-swap.ts';
import { serviceOf, targetOf } from './supervised-service.ts';
import {
  captureSwap,
  filesOf,
  seenSwap,
  shown,
  swapBack,
  swapFiles,
  type FileChange,
} from './swap-files.ts';
import { isRecord } from './value-shape.ts';

const label = 'fettle.registry';

type Side = Readonly<{ service: string; changes: readonly FileChange[] }>;

function syncing(name: 'config.sync' | 'bridge.resync'): Action {
  return {
    name,
    describe: (params) => `give ${ends(params).join(' and ')} the registry's configuration`,
    plan(params, world) {
      const registry = registryOf(params, world);
      const targets = ends(params);
      if (registry === null) {
        const text = `no registry is named for ${targetOf(params)}`;
        const lacks = `the label ${label}`;
        return Promise.resolve(plan(text, 'copy the right version by hand', targets, lacks));
      }
      const changes = sides(params, world).flatMap((side) => side.changes);
      const paths = changes.map(({ path }) => shown(path, world));
      const command = paths.map((path) => `cp ${registry} ${path}`).join(' && ');
      const text = `give ${paths.join(', ') || 'no file'} the registry's version`;
      const lacks = paths.length === 0 ? 'a file that differs from the registry' : null;
      return Promise.resolve(plan(text, command, targets, lacks));
    },
    capture(params, world) {
      const differing = sides(params, world).filter(({ changes }) => changes.length > 0);
      if (differing.length === 0)
        throw noMeans(
          `no watched file of ${ends(params).join(' or ')} differs from a registry`,
          `Name the registry by the label ${label}, or look for another cause.`,
        );
      const captures = differing.map(
        ({ service, changes }) => [service, captureSwap(service, changes, world)] as const,
      );
      return Promise.resolve(Object.fromEntries(captures));
    },
    apply: (_params, capture, context) =>
      Promise.resolve(each(capture, (service, one) => swapFiles(service, one, context)).join('; ')),
    undo: (_params, capture, context) =>
      Promise.resolve(each(capture, (service, one) => swapBack(service, one, context)).join('; ')),
    observe(_params, capture) {
      const seen = each(capture, (_service, one) => seenSwap(one));
      if (seen.includes('unknown')) return Promise.resolve('unknown');
      return Promise.resolve(seen.every((one) => one === 'done') ? 'done' : 'not-done');
    },
  };
}

function each<T>(
  capture: Parameters<typeof seenSwap>[0],
  work: (service: string, one: typeof capture) => T,
): readonly T[] {
  return isRecord(capture)
    ? Object.entries(capture).map(([service, one]) => work(service, one))
    : [];
}

function ends(params: ActParams): readonly string[] {
  const { peer } = params;
  return peer === undefined ? [targetOf(params)] : [targetOf(params), String(peer)];
}

function registryOf(params: ActParams, world: ActionWorld): string | null {
  const { labels, workingDir } = serviceOf(world, targetOf(params));
  const named = labels[label];
  return named === undefined ? null : resolve(workingDir, named);
}

function sides(params: ActParams, world: ActionWorld): readonly Side[] {
  const registry = registryOf(params, world);
  const right = registry === null ? null : readFileState(registry);
  if (registry === null || right === null) return [];
  const wanted = params['path'] === undefined ? null : String(params['path']);
  const fits = (path: string): boolean =>
    path !== registry &&
    (wanted === null
      ? basename(path) === basename(registry)
      : path === wanted || shown(path, world) === wanted);
  return ends(params).map((service) => {
    const changes = filesOf(service, world)
      .filter(({ path }) => fits(path))
      .filter(({ path }) => readFileState(path)?.bytes.equals(right.bytes) !== true)
      .map(({ path }) => ({ path, bytes: right.bytes }));
    return { service, changes };
  });
}

export const configSync = syncing('config.sync');
export const bridgeResync = syncing('bridge.resync');
