/** The stacks whose daemon an upgrade replaces: those that run from our copies, and this folder's. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readOwnDaemonFile, statePaths } from '@fettle/sdk/daemon/paths';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { createClient } from '@fettle/sdk/client';
import { unixSocketTransport } from '@fettle/sdk/transports/unix-socket';
import { FettleError } from '@fettle/sdk/fettle-error';
import { stackDirOfUnit } from '../install/unit-text.ts';
import { processLives } from '../process-lives.ts';
import { openSession, type Session } from '../session.ts';
import { rootOf } from './end-daemon.ts';
import type { VersionHome } from './version-home.ts';

export type RunningStack = Readonly<{
  session: Session;
  /** The folder of the program that runs it. */
  root: string;
}>;

const askMs = 2_000;
const unitFolder = '/etc/systemd/system';

export async function runningStacks(
  session: Session,
  home: VersionHome,
): Promise<readonly RunningStack[]> {
  const dirs = new Set([
    session.paths.stackDir,
    ...dirsOfUnits(),
    ...(await dirsOfSockets(session)),
  ]);
  const stacks = [...dirs].map((dir) => stackIn(session, dir)).filter((one) => one !== null);
  return stacks.filter(
    (one) =>
      one.root.startsWith(`${home.versions}/`) ||
      one.session.paths.stackDir === session.paths.stackDir,
  );
}

/** null: no daemon of ours lives there. */
function stackIn(session: Session, dir: string): RunningStack | null {
  const daemon = readOwnDaemonFile(statePaths(dir, session.env));
  if (daemon === null || !processLives(daemon.supervisorPid)) return null;
  const root = rootOf(daemon.supervisorPid);
  if (root === null) return null;
  const flags = { ...session.flags, dir, file: null, configFile: null };
  return { session: openSession({ ...session, flags }), root };
}

/** Of all users; only root can read and move those of others. */
function dirsOfUnits(): readonly string[] {
  const names = listFolder(unitFolder).filter((name) => /^fettle-.*\.service$/.test(name));
  return names.flatMap((name) => {
    try {
      const dir = stackDirOfUnit(readFileSync(join(unitFolder, name), 'utf8'));
      return dir === null ? [] : [dir];
    } catch {
      return [];
    }
  });
}

async function dirsOfSockets({ paths }: Session): Promise<readonly string[]> {
  const folder = dirname(paths.runtimeDir);
  const sockets = listFolder(folder).map((name) => join(folder, name, 'controller.sock'));
  const answers = await Promise.all(sockets.map(statusOf));
  return answers.flatMap((status) => (status === null ? [] : [status.dir]));
}

async function statusOf(socket: string): Promise<StatusDocument | null> {
  try {
    return await createClient(unixSocketTransport(socket), { timeoutMs: askMs }).status();
  } catch (cause) {
    if (cause instanceof FettleError) return null;
    throw cause;
  }
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
