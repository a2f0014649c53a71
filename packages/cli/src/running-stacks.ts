/**
 * Every stack whose daemon runs on this machine, whatever folder its sockets are in: /proc/net/unix
 * names all sockets that are listened on, those of other users too, which only can be counted.
 * Where there is no such file, the usual folder is looked through.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { createClient } from '@fettle/sdk/client';
import { connectSupervisor } from '@fettle/sdk/daemon/supervisor-client';
import { unixSocketTransport } from '@fettle/sdk/transports/unix-socket';

/** One of `fettle.stacks/v1`. */
export type RunningStack = Readonly<{
  stack: string;
  dir: string;
  health: StatusDocument['health'];
  /** `1 failing, 5 ok`; what keeps us from knowing, where the controller does not answer. */
  summary: string;
  services: number;
  /** The page; '' while there is none. */
  url: string;
  supervisorPid: number | null;
}>;

export type StackList = Readonly<{
  stacks: readonly RunningStack[];
  /** Daemons of other users, which may not be asked. */
  others: number;
}>;

const eachMs = 2_000;
const socketName = /\S*\/fettle(?:-\d+)?\/[0-9a-f]{16}\/supervisor\.sock$/;

/** `usual`: the folder of folders that sockets of this user are in unless told otherwise. */
export async function listRunningStacks(usual: string): Promise<StackList> {
  const folders = listedByKernel() ?? foldersIn(usual);
  const asked = await Promise.all(folders.map(askStack));
  const stacks = asked.filter((one) => one !== null && one !== 'not-ours');
  return {
    stacks: stacks.toSorted((a, b) => (`${a.stack} ${a.dir}` < `${b.stack} ${b.dir}` ? -1 : 1)),
    others: asked.filter((one) => one === 'not-ours').length,
  };
}

function listedByKernel(): readonly string[] | null {
  try {
    const paths = readFileSync('/proc/net/unix', 'utf8').split('\n');
    const found = paths.flatMap((line) => socketName.exec(line)?.[0] ?? []);
    return [...new Set(found.map((path) => dirname(path)))];
  } catch {
    return null;
  }
}

function foldersIn(root: string): readonly string[] {
  try {
    return readdirSync(root).map((name) => join(root, name));
  } catch {
    return [];
  }
}

/** null: its daemon is gone, or too busy to count. */
async function askStack(folder: string): Promise<RunningStack | 'not-ours' | null> {
  try {
    const transport = unixSocketTransport(join(folder, 'controller.sock'));
    const status = await createClient(transport, { timeoutMs: eachMs }).status();
    const { stack, dir, health, summary, services, daemon } = status;
    const { url, supervisorPid } = daemon;
    return { stack, dir, health, summary, services: services.length, url, supervisorPid };
  } catch {
    return askSupervisor(join(folder, 'supervisor.sock'));
  }
}

type Known = Readonly<{
  stack: { name: string; dir: string; services: readonly unknown[] } | null;
}>;
type Info = Readonly<{ pid: number; stateDir: string }>;

/** The controller is being restarted, or is gone: what runs is known all the same. */
async function askSupervisor(socketPath: string): Promise<RunningStack | 'not-ours' | null> {
  try {
    const options = { client: 'fettle ls', connectTimeoutMs: eachMs, requestTimeoutMs: eachMs };
    const client = await connectSupervisor({ socketPath: () => socketPath, ...options });
    try {
      const { stack } = (await client.request({ kind: 'snapshot' })) as Known;
      const { pid, stateDir } = (await client.request({ kind: 'info' })) as Info;
      const dir = stack?.dir ?? dirname(stateDir);
      return {
        stack: stack?.name ?? basename(dir),
        dir,
        health: 'unknown',
        summary: 'its controller does not answer',
        services: stack?.services.length ?? 0,
        url: '',
        supervisorPid: pid,
      };
    } finally {
      client.close();
    }
  } catch (cause) {
    return isRefused(cause) ? 'not-ours' : null;
  }
}

function isRefused(cause: unknown): boolean {
  for (let one: unknown = cause; one instanceof Error; one = one.cause)
    if (['EACCES', 'EPERM'].includes((one as NodeJS.ErrnoException).code ?? '')) return true;
  return false;
}
