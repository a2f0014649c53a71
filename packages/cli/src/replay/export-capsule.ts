/** `fettle incidents export INC-1`: its capsule to a file or to stdout. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes } from '../command.ts';
import { sayNext } from '../emit.ts';
import { reach } from '../reach.ts';
import { commandLine, type Session } from '../session.ts';
import { formatBytes } from '../terminal/amount.ts';

/** `out` null: stdout. */
export async function exportCapsule(
  session: Session,
  id: string,
  out: string | null,
): Promise<number> {
  const text = await reach(session, () => session.client.healing.capsule(id));
  if (out === null) {
    session.output.print(`${text}\n`);
    await session.output.drained();
    return exitCodes.ok;
  }
  writeCapsule(out, text);
  session.output.say(`${id} is in ${out} (${formatBytes(text.length)}), without secrets`);
  sayNext(session, [commandLine(session, `replay ${out}`)]);
  return exitCodes.ok;
}

/** For its owner only. @throws FettleError E-CAPSULE-WRITE */
export function writeCapsule(file: string, text: string): void {
  try {
    writeFileSync(resolve(file), `${text}\n`, { mode: 0o600 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FettleError('E-CAPSULE-WRITE', `${file} cannot be written: ${reason}`, {
      hint: 'name a file in a folder that is there and yours',
      cause,
    });
  }
}
