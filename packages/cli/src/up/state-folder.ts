/** What `up` leaves beside the config: schemas for the editor, and a rule for git. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { Session } from '../session.ts';

/** @throws FettleError E-STATE-FOLDER when the folder cannot be written. */
export async function writeStateFolder(session: Session): Promise<void> {
  const { stateDir, schemaFile } = session.paths;
  const [{ configJsonSchema }, { runbookJsonSchema }] = await Promise.all([
    import('@fettle/config/json-schema'),
    import('@fettle/core/loop/plan/reading/runbook-keys'),
  ]);
  try {
    makeFolders(stateDir);
    writeIfOther(join(stateDir, '.gitignore'), '*\n');
    writeIfOther(schemaFile, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    const runbooks = `${JSON.stringify(runbookJsonSchema(), null, 2)}\n`;
    writeIfOther(join(stateDir, 'runbook.schema.json'), runbooks);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new FettleError('E-STATE-FOLDER', `${stateDir} cannot be written: ${why}`, {
      hint: full
        ? 'free some room on that disk; nothing was changed'
        : 'make the folder writable for you, or run the stack as its owner',
      cause,
    });
  }
}

/** An unchanged file keeps its time, so that watchers stay quiet. */
function writeIfOther(file: string, text: string): void {
  try {
    if (readFileSync(file, 'utf8') === text) return;
  } catch {
    // Not there yet: it is written now.
  }
  writeFileSync(file, text, { mode: 0o600 });
}
