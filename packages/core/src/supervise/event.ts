/**
 * What happened, as the supervisor's shell tells it to `step`. Past tense; monotonic `nowMs`
 * arrives beside the event. Everything here is a hint that the shell has confirmed by pid, start
 * time and state.
 */
import type { LineDiff } from '../stack/line-diff.ts';
import type { PortOwner } from '../stack/port.ts';
import type { Stack } from '../stack/service.ts';
import type { HeldLimit } from './held-limit.ts';
import type { EndReason, RunExit, RunToken } from './run.ts';
import type { RunLogEntry } from './run-log.ts';

/** A run that a former daemon left: alive, or ended while nobody watched. */
export type Survivor = Readonly<{
  token: RunToken;
  instance: string;
  /** null: ended. */
  pid: number | null;
  shimPid: number | null;
  /** null: alive. Without a record the kind is `unknown`. */
  exit: RunExit | null;
  /** Port that it listens on or was given. */
  port: number | null;
  /** Of who lives: who holds it to its limits. Absent: it has none. */
  held?: readonly HeldLimit[];
}>;

export type SuperviseEvent =
  /** First event. `epoch` is unique per daemon start; `entries` is the whole run log. */
  | Readonly<{
      kind: 'daemon-started';
      epoch: string;
      stack: Stack | null;
      entries: readonly RunLogEntry[];
      survivors: readonly Survivor[];
      /** true: started only to stop what a dead daemon left; nothing is run. Absent: no. */
      ending?: boolean;
    }>
  | Readonly<{ kind: 'stack-applied'; stack: Stack }>
  | Readonly<{
      kind: 'command-given';
      /** `detach`: whoever watched has gone and the stack runs on; only told, nothing is done. */
      command: 'start' | 'stop' | 'restart' | 'reset' | 'down' | 'detach';
      /** Empty: every service. */
      services: readonly string[];
      actor: string;
      /** `restart` only: replicas one after another. Absent: all at once. */
      rolling?: boolean;
    }>
  | Readonly<{ kind: 'scale-asked'; service: string; replicas: number; actor: string }>
  /** `to` null: any other port that the definition allows. */
  | Readonly<{ kind: 'port-move-asked'; instance: string; to: number | null; actor: string }>
  | Readonly<{
      kind: 'run-spawned';
      token: RunToken;
      pid: number | null;
      /** null: a container has none. */
      shimPid: number | null;
      /** Who holds it to its limits; absent: it has none. */
      held?: readonly HeldLimit[];
    }>
  /** The service's own pid became known after the shim's. */
  | Readonly<{ kind: 'pid-learned'; token: RunToken; pid: number }>
  | Readonly<{ kind: 'spawn-failed'; token: RunToken; code: string; message: string }>
  /** `outcome`: `ok`, or what went wrong in words that follow the hook's name: `ended with exit 1`. */
  | Readonly<{ kind: 'hook-ended'; id: string; outcome: string }>
  /** A file of a template that was there got another content; `kept`: the edit by hand is there. */
  | Readonly<{
      kind: 'template-written';
      instance: string;
      to: string;
      diff: LineDiff;
      kept: string | null;
    }>
  | Readonly<{ kind: 'run-exited'; token: RunToken; exit: RunExit }>
  /** Nothing that carries the token is alive any more. */
  | Readonly<{ kind: 'tree-gone'; token: RunToken }>
  | Readonly<{
      kind: 'port-granted';
      instance: string;
      port: number;
      /** The first preferred port that was taken; null when the first choice was free. */
      refused: Readonly<{ port: number; owner: PortOwner }> | null;
    }>
  | Readonly<{
      kind: 'port-refused';
      instance: string;
      refused: Readonly<{ port: number; owner: PortOwner }>;
    }>
  /** From the controller. `ready` gates dependants; `never` decides a restart. */
  | Readonly<{ kind: 'health-reported'; token: RunToken; ready: boolean; alive: boolean }>
  /** The controller (or the memory watch) asks to end a run; evidence was captured before. */
  | Readonly<{
      kind: 'end-asked';
      token: RunToken;
      reason: EndReason;
      /** true: SIGKILL at once (a hang does not hear SIGTERM). */
      kill: boolean;
    }>
  | Readonly<{ kind: 'memory-sampled'; token: RunToken; rssBytes: number }>
  /** Processes and threads of the tree. */
  | Readonly<{ kind: 'tasks-sampled'; token: RunToken; tasks: number }>
  /** The sweep found the service in state T (a debugger's `t` is not reported). */
  | Readonly<{ kind: 'found-stopped'; token: RunToken }>
  /** A foreign listener was found on the address of a run. */
  | Readonly<{ kind: 'port-stolen'; token: RunToken; port: number; owner: PortOwner }>
  | Readonly<{ kind: 'timer-fired'; timer: string }>;
