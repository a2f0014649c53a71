/**
 * What a closer look at one service found: made once per incident (and again when it goes on), so
 * that diagnosis is a pure function of facts. Unreadable facts are null or empty.
 */
import type { PortOwner } from '../../stack/port.ts';

export type ServiceExam = Readonly<{
  service: string;
  atMs: number;
  processes: readonly ProcessExam[];
  /** The ports that its instances have or want, and who listens there. */
  ports: readonly Readonly<{ port: number; owner: PortOwner | null }>[];
  /** Each dependency, and each address that its log or its configuration names. */
  endpoints: readonly EndpointExam[];
  /** Host names that its log complains about, asked again. */
  names: readonly Readonly<{
    host: string;
    error: string | null;
    /** An address that worked before or works now. */
    lastGood: string | null;
  }>[];
  mounts: readonly MountExam[];
  /** Watched files, and files that its command and environment name. */
  files: readonly FileExam[];
  certificates: readonly Readonly<{ place: string; notAfterMs: number }>[];
  /** Does the program of its command exist and may it be run? */
  command: Readonly<{ name: string; found: boolean }>;
  /** Wall clock against the monotonic clock and against times in its log, ms; 0: agrees. */
  clockSkewMs: number;
}>;

export type ProcessExam = Readonly<{
  pid: number;
  command: string;
  /** R S D T t Z. */
  state: string;
  /** Cores in use over the look (about 200 ms). */
  cpu: number;
  /** Kernel function it waits in; null: unreadable or running. */
  waitsIn: string | null;
  threads: number;
  /** Threads that used more than half of a core during the look. */
  busyThreads: number;
  fds: number | null;
  fdLimit: number | null;
  rssBytes: number;
  nice: number;
  /** Does it carry a run token of this stack? */
  ours: boolean;
}>;

export type EndpointExam = Readonly<{
  /** The service of this stack that is meant; null: an outside address. */
  peer: string | null;
  /** Nobody of the stack has this address; by its setting, this service is meant by it. */
  behind?: string | null;
  host: string;
  port: number;
  /** Where the address comes from. */
  from: 'dependency' | 'log' | 'config' | 'connection';
  /** What a connection attempt gave within a second. */
  tcp: 'ok' | 'refused' | 'timeout' | 'reset' | 'unreachable';
  connectMs: number | null;
  /** After connecting: did it answer its own protocol's question (HTTP, PostgreSQL, Redis)? */
  answers: boolean | null;
  /** Until that answer; null or absent: none came or not measured. */
  answerMs?: number | null;
  /** What its answer looks like; null or absent: it gave none. */
  speaks?: 'http' | 'redis' | 'postgres' | 'text' | 'bytes' | null;
  /** Asked several times on a way that leads over somebody else; absent: asked once. */
  tries?: Readonly<{
    asked: number;
    answered: number;
    /** Connected, and then hung up or reset without a word. */
    brokenOff: number;
  }> | null;
  /** Does some process of this machine listen there? null: another machine or unreadable. */
  listening: boolean | null;
  owner: PortOwner | null;
  /** Established connections to it, and those of the client that holds most of them. */
  clients: number | null;
  topClient: Readonly<{ service: string | null; pid: number; connections: number }> | null;
}>;

export type MountExam = Readonly<{
  path: string;
  usedRatio: number;
  freeBytes: number;
  inodesUsedRatio: number | null;
  readOnly: boolean;
  /** Deleted files that are still held open there, by whom. */
  deletedOpen: readonly Readonly<{ service: string | null; pid: number; bytes: number }>[];
  /** What the allow-list (`cleanup:`) would free. */
  reclaimable: Readonly<{ files: number; bytes: number }>;
  /** The service whose log or files take most there; null: not known. */
  topWriter: string | null;
}>;

export type FileExam = Readonly<{
  path: string;
  exists: boolean;
  /** Kept in the ledger as a config or secret file; its last good version can be restored. */
  watched: boolean;
  secret: boolean;
  changedAtMs: number | null;
  /** Differs from the version with which the service was last healthy. */
  differsFromGood: boolean;
  hasGood: boolean;
}>;
