/**
 * The wire between supervisor and its clients (controller, CLI): newline-delimited JSON over a Unix
 * socket. Version N and N-1 are understood. A client says `hello` with the last (epoch, seq) it
 * saw; the supervisor answers with what came after, or with a snapshot when it no longer has that.
 */
import type { Stack } from '../stack/service.ts';
import type { Notice } from './effect.ts';
import type { InstanceView } from './instance-view.ts';
import type { EndReason, RunToken } from './run.ts';

export const PROTOCOL_VERSION = 1;

/** `key`: idempotency key; a request repeated with the same key acts once. */
export type Request = Readonly<{ v: number; id: number; key?: string }> & RequestBody;

export type RequestBody =
  | Readonly<{ kind: 'hello'; client: string; epoch: string | null; seq: number }>
  /** Answered by `SupervisorInfo`. */
  | Readonly<{ kind: 'info' }>
  /** Answered by `Snapshot`. */
  | Readonly<{ kind: 'snapshot' }>
  /** Did a request with key `of` act? Answered by `{taken}`; for who crashed before it heard. */
  | Readonly<{ kind: 'was-taken'; of: string }>
  | Readonly<{ kind: 'apply'; stack: Stack; actor: string }>
  | Readonly<{
      kind: 'command';
      command: 'start' | 'stop' | 'restart' | 'reset' | 'detach';
      services: readonly string[];
      actor: string;
      /** `restart` only: replicas one after another. Absent: all at once. */
      rolling?: boolean;
    }>
  | Readonly<{ kind: 'scale'; service: string; replicas: number; actor: string }>
  /** `to` null: any other port that the definition allows. */
  | Readonly<{ kind: 'move-port'; instance: string; to: number | null; actor: string }>
  | Readonly<{ kind: 'health'; token: RunToken; ready: boolean; alive: boolean }>
  | Readonly<{ kind: 'end'; token: RunToken; reason: EndReason; kill: boolean }>
  | Readonly<{ kind: 'continue'; token: RunToken }>
  /** Stop everything in reverse order, then the controller, then the supervisor itself. */
  | Readonly<{ kind: 'down'; actor: string }>;

export type Response =
  | Readonly<{ v: number; re: number; ok: true; result: unknown }>
  | Readonly<{
      v: number;
      re: number;
      ok: false;
      error: Readonly<{ code: string; message: string; hint: string }>;
    }>;

/** Pushed to every client that said `hello`. `atMs`: wall clock. */
export type Push = Readonly<{
  v: number;
  epoch: string;
  seq: number;
  atMs: number;
  notice: Notice;
}>;

/**
 * Answer to `hello`. `resumed`: what came after the client's (epoch, seq) follows as pushes and
 * `snapshot` is null. Otherwise the snapshot stands at (epoch, seq).
 */
export type HelloResult = Readonly<{
  resumed: boolean;
  epoch: string;
  seq: number;
  snapshot: Snapshot | null;
}>;

export type Snapshot = Readonly<{
  epoch: string;
  seq: number;
  stack: Stack | null;
  instances: readonly InstanceView[];
  /** True while `down` is under way. */
  goingDown: boolean;
}>;

export type SupervisorInfo = Readonly<{
  pid: number;
  version: string;
  epoch: string;
  protocol: number;
  stateDir: string;
  startedAtMs: number;
  /** Resident bytes of the supervisor itself. */
  rssBytes: number;
  /** False: the run log cannot be written; adoption after a crash is not safe. */
  runLogDurable: boolean;
  controllerPid: number | null;
}>;
