/** Keeps evidence as files under `.fettle/evidence/`: 1 MB each at most, the newest 50. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const maxBytes = 1_048_576;
const maxFiles = 50;

/** Path relative to the state folder; null when it could not be written (a full disk). */
export async function keepEvidence(
  stateDir: string,
  name: string,
  text: string,
): Promise<string | null> {
  const folder = join(stateDir, 'evidence');
  const relative = join('evidence', name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const bytes = Buffer.from(text).subarray(0, maxBytes);
    await writeFile(join(stateDir, relative), bytes, { mode: 0o600 });
    await prune(folder);
    return relative;
  } catch {
    // Evidence never holds up the cure; the journal entry says that there is none.
    return null;
  }
}

/** Names begin with the time, so that the order of names is the order of age. */
async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.txt')).toSorted();
  const old = names.slice(0, Math.max(0, names.length - maxFiles));
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}
