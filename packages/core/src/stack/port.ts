/** What a service asks of the ports, and what it was given. */

/** Inclusive; a single port is a range of one. Tried in this order, replica by replica. */
export type PortRequest = Readonly<{
  preferred: readonly PortRange[];
  /** Address to listen on and to test; `127.0.0.1` unless told. */
  host: string;
  /** May any free port serve when the preferred are taken? `port: 5432` says yes, too. */
  fallback: boolean;
}>;
export type PortRange = Readonly<{ from: number; to: number }>;

/** Who holds a port. Unreadable facts are null. */
export type PortOwner = Readonly<{
  pid: number | null;
  command: string | null;
  /** `ours`: an instance of this stack; `orphan`: carries an old run token of this stack. */
  kind: 'ours' | 'orphan' | 'foreign' | 'unknown';
  /** `api.1` when ours. */
  instance: string | null;
  runningForMs: number | null;
}>;

/** A port handed to an instance. `fallbackFrom`: the preferred port that was taken, and by whom. */
export type PortAllocation = Readonly<{
  instance: string;
  port: number;
  host: string;
  fallbackFrom: Readonly<{ port: number; owner: PortOwner }> | null;
}>;
