/** Puts one watched file of a service back to its last good version; without a path, all that differ. */
import { noMeans } from './act-error.ts';
import { plan, type Action, type ActionPlan, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { readFileState } from './file-swap.ts';
import { hashOf } from './kept-bytes.ts';
import { targetOf } from './supervised-service.ts';
import {
  captureSwap,
  filesOf,
  ledgerOf,
  seenSwap,
  shown,
  swapBack,
  swapFiles,
  watchedFile,
  type FileChange,
} from './swap-files.ts';

/** Files that differ from their last good version. @throws FettleError. */
function wanted(params: ActParams, world: ActionWorld): readonly FileChange[] {
  const service = targetOf(params);
  const ledger = ledgerOf(world);
  const path = params['path'];
  const files =
    path === undefined ? filesOf(service, world) : [watchedFile(service, String(path), world)];
  return files.flatMap((file) => {
    const good = ledger.goodVersion(file.path);
    const now = readFileState(file.path);
    if (good === null || (now !== null && hashOf(now.bytes) === good.hash)) return [];
    return [{ path: file.path, bytes: good.bytes }];
  });
}

/** Where the bytes lie once the pre-state was captured. */
function keptAs(bytes: Buffer): string {
  return `.fettle/replaced/${hashOf(bytes)}`;
}

function restoring(name: 'config.restore' | 'config.rollback'): Action {
  return {
    name,
    describe: (params) => {
      const path = params['path'];
      return `put ${path === undefined ? 'the files' : String(path)} of ${targetOf(params)} back`;
    },
    plan(params, world) {
      const target = targetOf(params);
      const none = (text: string, lacks: string): Promise<ActionPlan> =>
        Promise.resolve(plan(text, 'edit the file by hand', [target], lacks));
      if (world.ledger === null) return none('no file is watched', 'watched files');
      const changes = wanted(params, world);
      if (changes.length === 0)
        return none(`no watched file of ${target} differs`, 'a last good version');
      const paths = changes.map(({ path }) => shown(path, world));
      const command = changes.map(({ path, bytes }) => `cp ${keptAs(bytes)} ${path}`).join(' && ');
      const text = `put ${paths.join(', ')} back to the last good version`;
      return Promise.resolve(plan(text, command, [target]));
    },
    capture(params, world) {
      const changes = wanted(params, world);
      if (changes.length > 0) return Promise.resolve(captureSwap(targetOf(params), changes, world));
      throw noMeans(
        `no watched file of ${targetOf(params)} differs from its last good version`,
        'Look for another cause, or correct the file by hand.',
      );
    },
    apply: (params, capture, context) =>
      Promise.resolve(swapFiles(targetOf(params), capture, context)),
    undo: (params, capture, context) =>
      Promise.resolve(swapBack(targetOf(params), capture, context)),
    observe: (_params, capture) => Promise.resolve(seenSwap(capture)),
  };
}

export const configRestore = restoring('config.restore');
/** Every watched file of the service: the spec gives it no `path`. */
export const configRollback = restoring('config.rollback');
