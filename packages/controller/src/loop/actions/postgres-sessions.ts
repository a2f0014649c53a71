/**
 * Sessions of a PostgreSQL server, by `psql`: who they are, and ending exactly those.
 *
 * A backend's pid is given anew as any pid is; only together with the time it began it names a
 * session. The password travels in psql's environment, never among its arguments. No query text is
 * read: it may hold what nobody else shall see. Source: PostgreSQL, "pg_stat_activity".
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failed } from './act-error.ts';
import { runCommand } from './run-command.ts';

export type Session = Readonly<{
  pid: number;
  /** As the server prints it: names the session together with the pid. */
  began: string;
  name: string;
  /** -1: over a Unix socket. */
  clientPort: number;
  state: string;
  idleMs: number;
  /** It holds what others wait for, and waits for nobody. */
  blocks: boolean;
}>;

export type Server = Readonly<{ url: URL; signal: AbortSignal }>;

const listing = `
  SELECT coalesce(json_agg(row_to_json(s)), '[]') FROM (
    SELECT pid, backend_start::text AS began, application_name AS name,
           coalesce(client_port, -1) AS "clientPort", coalesce(state, '') AS state,
           extract(epoch FROM now() - state_change) * 1000 AS "idleMs",
           cardinality(pg_blocking_pids(pid)) = 0 AND EXISTS (
             SELECT 1 FROM pg_stat_activity w WHERE a.pid = ANY (pg_blocking_pids(w.pid))
           ) AS blocks
    FROM pg_stat_activity a
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    LIMIT 1000
  ) s`;

export async function listSessions(server: Server): Promise<readonly Session[]> {
  const text = await ask(server, listing);
  try {
    return JSON.parse(text) as readonly Session[];
  } catch (cause) {
    throw failed('psql answered something unexpected', cause);
  }
}

/** How many of these were still there and were told to end. */
export async function endSessions(
  server: Server,
  sessions: readonly Pick<Session, 'pid' | 'began'>[],
): Promise<number> {
  const rows = sessions.map(({ pid, began }) => {
    const stamp = /^[\d :.+-]{10,40}$/.test(began) ? began : '';
    return `(${Math.trunc(pid)}, '${stamp}')`;
  });
  if (rows.length === 0) return 0;
  const text = await ask(
    server,
    `SELECT count(*) FROM (
       SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
       JOIN (VALUES ${rows.join(', ')}) AS v (pid, began)
         ON a.pid = v.pid AND a.backend_start::text = v.began
     ) ended`,
  );
  return Number(text) || 0;
}

/** null: there is none on this PATH. */
export function findPsql(path: string): string | null {
  const folder = path.split(':').find((one) => one !== '' && existsSync(join(one, 'psql')));
  return folder === undefined ? null : join(folder, 'psql');
}

async function ask({ url, signal }: Server, sql: string): Promise<string> {
  const path = process.env['PATH'] ?? '/usr/bin:/bin';
  const options = ['-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1'];
  const env = {
    PATH: path,
    PGCONNECT_TIMEOUT: '3',
    PGAPPNAME: 'fettle',
    PGHOST: url.searchParams.get('host') ?? url.hostname.replaceAll(/^\[|\]$/g, ''),
    PGPORT: url.port === '' ? '5432' : url.port,
    PGUSER: decodeURIComponent(url.username) || 'postgres',
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: url.pathname.slice(1) || 'postgres',
    PGSSLMODE: url.searchParams.get('sslmode') ?? 'prefer',
  };
  const argv = [findPsql(path) ?? 'psql', ...options, '-c', sql];
  const { code, output } = await runCommand({ argv, cwd: '/', env, signal, maxOutput: 1_048_576 });
  if (code !== 0) throw failed(`psql ended with ${String(code)}: ${output.slice(-300)}`);
  return output;
}
