/**
 * Where copies of Fettle live side by side: `versions/<id>` each, `current` and `previous` as links.
 *
 * A daemon runs from its copy, so that a build or an `npm ci` in the clone cannot break it. The
 * links are swapped by a rename: there is no moment without a Fettle.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { FettleError } from '@fettle/sdk/fettle-error';

export type VersionHome = Readonly<{ dir: string; versions: string }>;

/** What a copy tells of itself: `fettle-version.json` in its folder. */
export type CopyRecord = Readonly<{
  id: string;
  version: string;
  /** The folder that it was copied from. */
  from: string;
  /** RFC 3339. */
  at: string;
}>;

export const recordName = 'fettle-version.json';

/** `FETTLE_HOME`, else of the machine for root and of the user for others. */
export function versionHome(env: Readonly<Record<string, string | undefined>>): VersionHome {
  const dir = env['FETTLE_HOME'] ?? defaultHome(env);
  return { dir, versions: join(dir, 'versions') };
}

function defaultHome(env: Readonly<Record<string, string | undefined>>): string {
  if (process.getuid?.() === 0) return '/usr/local/lib/fettle';
  const data = env['XDG_DATA_HOME'] ?? '';
  return join(data.startsWith('/') ? data : join(env['HOME'] ?? '/', '.local', 'share'), 'fettle');
}

export function versionDir(home: VersionHome, id: string): string {
  return join(home.versions, id);
}

export type Pointer = 'current' | 'previous';

/** null: it points to nothing that is there. */
export function pointedTo(home: VersionHome, pointer: Pointer): string | null {
  try {
    const id = basename(readlinkSync(join(home.dir, pointer)));
    return existsSync(versionDir(home, id)) ? id : null;
  } catch {
    return null;
  }
}

/** In one step. @throws FettleError E-UPGRADE-HOME. */
export function pointTo(home: VersionHome, pointer: Pointer, id: string): void {
  const temporary = join(home.dir, `.${pointer}-${process.pid}`);
  try {
    mkdirSync(home.dir, { recursive: true });
    rmSync(temporary, { force: true });
    symlinkSync(join('versions', id), temporary);
    renameSync(temporary, join(home.dir, pointer));
  } catch (cause) {
    throw homeError(home, cause);
  }
}

export function listCopies(home: VersionHome): readonly CopyRecord[] {
  const names = existsSync(home.versions) ? readdirSync(home.versions) : [];
  const records = names.map((id) => readRecord(versionDir(home, id)));
  return records.filter((one) => one !== null).toSorted((a, b) => a.at.localeCompare(b.at));
}

/** null: the folder is no whole copy of ours. */
export function readRecord(dir: string): CopyRecord | null {
  try {
    const value = JSON.parse(readFileSync(join(dir, recordName), 'utf8')) as Partial<CopyRecord>;
    const { id, version, from, at } = value;
    const whole = [id, version, from, at].every((one) => typeof one === 'string');
    return whole ? (value as CopyRecord) : null;
  } catch {
    return null;
  }
}

export function homeError(home: VersionHome, cause: unknown): FettleError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FettleError('E-UPGRADE-HOME', `${home.dir} cannot be written: ${why}`, {
    hint: 'run it as its owner, or choose another folder with FETTLE_HOME; nothing was changed',
    cause,
  });
}
