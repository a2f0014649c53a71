/** The stack of somebody else: its state folder is theirs alone, and so is its daemon. */
import { accessSync, constants, statSync } from 'node:fs';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { Session } from './session.ts';

/** null: the folder is ours, or there is none yet. */
export function foreignState({ paths }: Session): FettleError | null {
  try {
    accessSync(paths.stateDir, constants.R_OK | constants.X_OK);
    return null;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') return null;
    const { uid } = statSync(paths.stateDir, { throwIfNoEntry: false }) ?? { uid: '?' };
    return new FettleError('E-STATE-OWNER', `${paths.stateDir} belongs to another user`, {
      hint: `run it as that user (uid ${uid}), whose daemon may be running the stack`,
      cause,
      status: 403,
      exitCode: 4,
    });
  }
}
