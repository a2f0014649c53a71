/** The copy of this program that a unit runs. */
import { join } from 'node:path';
import { ownRoot } from '../own-program.ts';
import type { Session } from '../session.ts';
import { copyProgram } from './copy-program.ts';
import { pointedTo, pointTo, versionHome } from './version-home.ts';

/**
 * @returns the `fettle` script of the current copy. The first call makes the copy; `fettle upgrade`
 * renews it. `onlyName`: nothing is copied.
 */
export function keepProgram(session: Session, onlyName = false): string {
  const home = versionHome(session.env);
  if (!onlyName && pointedTo(home, 'current') === null) {
    const { record, dir, isNew } = copyProgram(home, ownRoot, session.nowMs());
    pointTo(home, 'current', record.id);
    if (isNew) session.output.say(`copied Fettle to ${dir}`);
  }
  return join(home.dir, 'current', 'fettle');
}
