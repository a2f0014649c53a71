/**
 * What is measured: something that keeps processes running. Each target runs the same workload, so
 * that a figure of one stands beside the same figure of another, from the same minute and machine.
 */

export type Target = Readonly<{
  name: string;
  /** False: not installed here; it is left out and named. */
  installed: () => boolean;
  /** Starts `count` services that each announce themselves; returns once the command returned. */
  start: (workload: Workload) => Promise<Running>;
}>;

export type Workload = Readonly<{
  /** Fresh folder for the target's own files. */
  dir: string;
  /** FIFO to which each service writes `<index> <pid>` when it begins. */
  fifo: string;
  count: number;
}>;

export type Running = Readonly<{
  /** Pids of the processes that do the supervising (not shims, not services). */
  daemons: () => readonly number[];
  /** Pids of per-service helpers, such as shims. */
  shims: () => readonly number[];
  /** Stops and starts the services under a daemon that goes on running; null: it cannot. */
  services: Readonly<{ stop: () => Promise<void>; start: () => Promise<void> }> | null;
  /** Stops everything and returns when the target says that it is done. */
  stop: () => Promise<void>;
}>;

/** The service: says that it began, then waits; as small as a process can be. */
export function serviceCommand(workload: Workload, index: number): readonly string[] {
  return ['/bin/sh', '-c', `echo "${index} $$" > ${workload.fifo}; exec sleep 100000`];
}
