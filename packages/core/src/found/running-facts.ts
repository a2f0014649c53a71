/**
 * What can be seen of programs that somebody else runs: plain facts, as `packages/proc` reads them.
 * null: not ours to read.
 */
export type RunningProcess = Readonly<{
  pid: number;
  ppid: number;
  /** Of the program, cut at 15 bytes. */
  name: string;
  /** As in /proc: `R S D T t`. */
  state: string;
  args: readonly string[] | null;
  cwd: string | null;
  uid: number | null;
  /** Has a terminal: somebody types there. */
  terminal: boolean;
  /** Path of its control group (v2), or of the systemd one. */
  cgroup: string | null;
  ageMs: number | null;
  cpuMs: number;
  rssBytes: number;
  /** Only variables by which managers tell their processes apart; see `markNames`. */
  marks: Readonly<Record<string, string>>;
  /** Local addresses that its environment names; values are never kept. */
  wants: readonly Readonly<{ variable: string; port: number }>[];
  /** Run by Fettle already. */
  ours: boolean;
}>;

export type Listening = Readonly<{
  pid: number | null;
  address: string;
  port: number;
  /** Connections that nobody has accepted yet. */
  unaccepted: number;
}>;

export type Connection = Readonly<{
  pid: number;
  state: 'established' | 'syn-sent' | 'close-wait';
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}>;

export type RunningFacts = Readonly<{
  processes: readonly RunningProcess[];
  listening: readonly Listening[];
  connections: readonly Connection[];
}>;

/** Of PM2, supervisord, process-compose, Foreman, Honcho. */
export const markNames = [
  'pm_id',
  'name',
  'pm_exec_path',
  'SUPERVISOR_PROCESS_NAME',
  'SUPERVISOR_GROUP_NAME',
  'PC_PROC_NAME',
  'PS',
  'HONCHO_PROCESS_NAME',
  'FOREMAN_WORKER_NAME',
] as const;
