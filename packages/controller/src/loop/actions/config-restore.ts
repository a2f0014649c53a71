/** Puts one watched file of a service back to its last good version; without a path, all that differ. */
import { targetOf } from './supervised-service.ts';
import { plan, type ActParams, type Action } from './action.ts';
import {
  captureFiles,
  filesToRestore,
  putBackFiles,
  restoreFiles,
  seenFiles,
  shown,
  type Choice,
} from './restore-files.ts';

function choiceOf(params: ActParams): Choice {
  const path = params['path'];
  const service = targetOf(params);
  return { service, path: path === undefined ? null : String(path), secrets: 'also' };
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
      const command = `fettle files restore ${target}`;
      if (world.ledger === null)
        return Promise.resolve(plan('no file is watched', command, [target], 'watched files'));
      const paths = filesToRestore(choiceOf(params), world).map((path) => shown(path, world));
      const what = paths.join(', ');
      return Promise.resolve(
        paths.length === 0
          ? plan(`no watched file of ${target} differs`, command, [target], 'a good version')
          : plan(`put ${what} back to the last good version`, command, [target]),
      );
    },
    capture: (params, world) => Promise.resolve(captureFiles(choiceOf(params), world)),
    apply: (_params, capture, context) => Promise.resolve(restoreFiles(capture, context)),
    undo: (_params, capture, context) => Promise.resolve(putBackFiles(capture, context)),
    observe: (_params, capture) => Promise.resolve(seenFiles(capture)),
  };
}

export const configRestore = restoring('config.restore');
/** Every watched file of the service: the spec gives it no `path`. */
export const configRollback = restoring('config.rollback');
