/**
 * What a schedule asks for. Plain data: it crosses the sockets and is kept in `.fettle/stack.json`.
 * When it is due: `occurrences.ts`; what is then done: `supervise/due-runs.ts`.
 */
export type Schedule = Readonly<{
  /** Five fields, or a word such as `@daily`; checked when the config was read. */
  cron: string;
  /** IANA name. */
  timezone: string;
  /**
   * `skip`: what was missed is missed; `once`: the newest is made up for; `all`: each, one after
   * another, the last 24.
   */
  missed: 'skip' | 'once' | 'all';
  /** The last run is not over: `skip` this one, `queue` one until it is, `replace` it. */
  overlap: 'skip' | 'queue' | 'replace';
  /** Each run begins up to this much late, always the same for the same moment. */
  jitterMs: number;
  /** A run that has not begun so long after its moment is an alarm. */
  graceMs: number;
  /** A run that takes longer is an alarm; null: it may take as long as it likes. */
  maxRuntimeMs: number | null;
}>;
