/**
 * Ends sessions of a PostgreSQL database that hold what others wait for: those of one client
 * (a service, or a process of this machine), else those that block others.
 *
 * Needs an administrator's URL, in the variable that the label `fettle.admin_url_env` names, and
 * `psql`. A session that ends loses its open transaction, so this is never done by itself.
 */
import { listSocketInodes } from '@fettle/proc/open-files';
import { readTcpTable } from '@fettle/proc/tcp-table';
import { z } from 'zod';
import { noMeans, noTarget } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import { counted } from './counted.ts';
import type { ActionWorld } from './action-world.ts';
import { processesOf } from './own-processes.ts';
import { endSessions, findPsql, listSessions, type Session } from './postgres-sessions.ts';
import { durationOf, instancesOf, targetOf } from './supervised-service.ts';

const label = 'fettle.admin_url_env';
const maxSessions = 100;
const lookMs = 4_000;

const captured = z.object({
  sessions: z.array(z.object({ pid: z.int(), began: z.string(), name: z.string() })),
});

export const dbTerminateSessions: Action = {
  name: 'db.terminate_sessions',
  describe: (params) => `end sessions of ${whose(params)} in ${targetOf(params)}`,
  async plan(params, world) {
    const target = targetOf(params);
    const lacks = lackOf(params, world);
    const sql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE <the sessions of ${whose(params)}>`;
    if (lacks !== null)
      return plan(`end sessions of ${whose(params)}`, `psql -c "${sql}"`, [target], lacks);
    const sessions = await chosen(params, world);
    const pids = sessions.map(({ pid }) => pid).join(', ');
    const command = `psql -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN (${pids})"`;
    const text = `end ${counted(sessions.length, 'session')} of ${whose(params)} in ${target}`;
    return plan(text, command, [target], sessions.length === 0 ? 'a session that fits' : null);
  },
  async capture(params, world) {
    const lacks = lackOf(params, world);
    if (lacks !== null) throw noMeans(`${targetOf(params)} lacks ${lacks}`, 'End them by hand.');
    const sessions = await chosen(params, world);
    if (sessions.length === 0)
      throw noTarget(`no session of ${whose(params)} fits`, 'They ended by themselves.');
    return { sessions: sessions.map(({ pid, began, name }) => ({ pid, began, name })) };
  },
  async apply(params, capture, { world, signal }) {
    const { sessions } = captured.parse(capture);
    const ended = await endSessions({ url: urlOf(params, world), signal }, sessions);
    return `${ended} of ${counted(sessions.length, 'session')} ended`;
  },
  undo: null,
  async observe(params, capture, { world, signal }) {
    const { sessions } = captured.parse(capture);
    const now = await listSessions({ url: urlOf(params, world), signal });
    const left = sessions.filter((one) =>
      now.some(({ pid, began }) => pid === one.pid && began === one.began),
    );
    return left.length === 0 ? 'done' : 'not-done';
  },
};

function whose(params: ActParams): string {
  const { client, pid } = params;
  if (client !== undefined) return String(client);
  return pid === undefined ? 'those that block others' : `pid ${String(pid)}`;
}

function lackOf(params: ActParams, world: ActionWorld): string | null {
  if (variableOf(params, world) === null) return `the label ${label}`;
  if (findUrl(params, world) === null) return 'a PostgreSQL URL in the variable that it names';
  return findPsql(world.env['PATH'] ?? '') === null ? '`psql`' : null;
}

function variableOf(params: ActParams, world: ActionWorld): string | null {
  const { services = [] } = world.link.stack() ?? {};
  return services.find(({ name }) => name === targetOf(params))?.labels[label] ?? null;
}

function findUrl(params: ActParams, world: ActionWorld): URL | null {
  const name = variableOf(params, world) ?? '';
  const { services = [] } = world.link.stack() ?? {};
  const own = services.find((one) => one.name === targetOf(params))?.environment[name];
  const text = world.env[name] ?? own ?? '';
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return /^postgres(ql)?:$/.test(url.protocol) ? url : null;
}

function urlOf(params: ActParams, world: ActionWorld): URL {
  const url = findUrl(params, world);
  if (url !== null) return url;
  throw noMeans(`${targetOf(params)} names no administrator's URL`, `Set the label ${label}.`);
}

async function chosen(params: ActParams, world: ActionWorld): Promise<readonly Session[]> {
  const signal = AbortSignal.timeout(lookMs);
  const all = await listSessions({ url: urlOf(params, world), signal });
  const { client, pid } = params;
  const idleMs = durationOf(params, 'idle');
  const ports = portsOf(params, world);
  const isMeant = (one: Session): boolean => {
    if (client === undefined && pid === undefined) return one.blocks;
    return one.pid === pid || ports.has(one.clientPort);
  };
  return all
    .filter(isMeant)
    .filter((one) => idleMs === null || (one.state.startsWith('idle') && one.idleMs >= idleMs))
    .slice(0, maxSessions);
}

/** Local ports of the client's connections: what the server sees as its port. */
function portsOf({ client, pid }: ActParams, world: ActionWorld): ReadonlySet<number> {
  const pids =
    client === undefined
      ? [Number(pid)]
      : instancesOf(world, String(client)).flatMap((view) => processesOf(view).map((p) => p.pid));
  const inodes = new Set(pids.flatMap((one) => [...(listSocketInodes(one)?.keys() ?? [])]));
  const sockets = readTcpTable() ?? [];
  return new Set(
    sockets.filter(({ inode }) => inodes.has(inode)).map(({ localPort }) => localPort),
  );
}
