/**
 * Reads a file with all that the way back needs, and replaces it so that a reader sees the old
 * bytes or the new ones, with the mode and owner that it had.
 *
 * A link is never written through: what it points at may lie outside what the user gave us.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { refused } from './act-error.ts';

export type FileState = Readonly<{
  bytes: Buffer;
  mode: number;
  uid: number;
  gid: number;
}>;

/** Files that a person wrote are small; anything larger is not for us to rewrite. */
const maxBytes = 16 * 1_048_576;

/** null: no file there. @throws FettleError E-ACT-REFUSED: a link, no plain file, or too large. */
export function readFileState(path: string): FileState | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    const why = code === 'ELOOP' ? 'is a link' : `cannot be read (${code})`;
    throw refused(
      `${path} ${why}`,
      'Change it by hand: links and unreadable files are left alone.',
    );
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw refused(`${path} is no plain file`, 'Change it by hand.');
    if (stat.size > maxBytes)
      throw refused(`${path} has ${stat.size} bytes`, 'Files above 16 MiB are changed by hand.');
    return { bytes: readFileSync(fd), mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid };
  } finally {
    closeSync(fd);
  }
}

/** `uid` and `gid` absent: ours. */
export type Ownership = Readonly<{ mode: number; uid?: number; gid?: number }>;

/** @throws when the disk, the folder's mode or the owner does not allow it; nothing changed then. */
export function putFile(path: string, bytes: Buffer, { mode, uid, gid }: Ownership): void {
  refuseLink(path);
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.fettle-new`);
  rmSync(draft, { force: true });
  const fd = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(fd, bytes);
    const made = fstatSync(fd);
    if (uid !== undefined && gid !== undefined && (made.uid !== uid || made.gid !== gid))
      fchownSync(fd, uid, gid);
    fchmodSync(fd, mode);
    fsyncSync(fd);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  syncFolder(dirname(path));
}

function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw refused(`${path} is a link`, 'Change what it points at by hand.');
}

/** So that a power cut after our word does not bring the old bytes back. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } catch {
    // Some file systems do not sync folders.
  } finally {
    closeSync(fd);
  }
}
