/**
 * The contracts between the controller's parts. `main.ts` builds the implementations and passes them
 * to each other through these types only, so that each part can be tested with real neighbours or
 * with a small fake.
 */
import type { Why } from '@fettle/core/loop/diagnose/why-input';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Finding } from '@fettle/core/stack/health-state';
import type { Stack } from '@fettle/core/stack/service';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { RequestBody } from '@fettle/core/supervise/protocol';
import type {
  LogLevel,
  LogLine,
  SeriesDocument,
  Link,
  StackEvent,
} from '@fettle/sdk/api/documents';
import type { CheckMark, CheckStatus } from '@fettle/sdk/api/status';
import type { Histogram } from './histogram.ts';

export type Disposer = () => void;

/** Our live copy of what the supervisor knows. Internal services (names with `@`) are left out. */
export type SupervisorLink = Readonly<{
  connected(): boolean;
  stack(): Stack | null;
  /** By instance id, in order of the file. */
  instances(): readonly InstanceView[];
  instance(id: string): InstanceView | null;
  /** @throws FettleError E-DAEMON-UNREACHABLE after `timeoutMs` (5 s unless told). */
  request(
    body: RequestBody,
    options?: Readonly<{ key?: string; timeoutMs?: number }>,
  ): Promise<unknown>;
  /** Called after the mirror was updated. `atMs`: wall clock. */
  onNotice(listener: (notice: Notice, atMs: number) => void): Disposer;
  /** After each (re)connect, once the mirror holds the snapshot. */
  onSnapshot(listener: () => void): Disposer;
}>;

/** The append-only record of significant events. */
export type Journal = Readonly<{
  /** Numbers, stamps, stores, pushes to streams; redacts secrets first. */
  append(event: Omit<StackEvent, 'seq' | 'at'> & { at?: string }): StackEvent;
  /** Newest last. */
  read(
    query: Readonly<{ after?: number; service?: string; sinceMs?: number; limit?: number }>,
  ): readonly StackEvent[];
  onEvent(listener: (event: StackEvent) => void): Disposer;
}>;

/** One probe's result, and what the check says after it. */
export type ProbeSeen = Readonly<{
  service: string;
  instance: string;
  check: HealthCheck;
  finding: Finding;
  /** null: not yet decided in this run. */
  up: boolean | null;
  flapping: boolean;
}>;
export type Silence = Readonly<{ service: string; check: string; untilMs: number }>;

/** We ourselves stood still; monotonic ms. */
export type OwnPause = Readonly<{ fromMs: number; toMs: number }>;

export type HealthPart = Readonly<{
  checks(instance: string): readonly CheckStatus[];
  /** Oldest first, at most 60. */
  marks(service: string): readonly CheckMark[];
  flapping(service: string): boolean;
  /** Failing checks in the shape that why wants. */
  failing(instance: string): readonly Readonly<{
    name: string;
    role: string;
    result: Readonly<{ ok: boolean; durationMs: number; detail: string; attested: boolean | null }>;
    failedInRow: number;
    everUp: boolean;
  }>[];
  /** A hang is being mended now (evidence, kill or continue): the state word is `healing`. */
  healing(instance: string): boolean;
  /** `/ping/<id>[/start|/fail|/log|/<exit>]`; false: no such id. */
  ping(id: string, kind: 'ok' | 'start' | 'fail' | 'log' | number, body: string): boolean;
  /** Tries every declared edge now. */
  tryLinks(): Promise<readonly Link[]>;
  /** How long each check took, over the controller's life: counts that never fall. */
  durations(): readonly Readonly<{ service: string; check: string; histogram: Histogram }>[];
  /** After every probe, once its result was taken in. */
  onProbe(listener: (seen: ProbeSeen) => void): Disposer;
  onPause(listener: (pause: OwnPause) => void): Disposer;
  /** That check is asked and decides nothing until then (wall clock), over restarts of ours. */
  silence(silence: Silence): void;
  unsilence(service: string, check: string): void;
  silences(): readonly Silence[];
  stop(): Promise<void>;
}>;

/** One instance as a look found it; without the shim. */
export type InstanceFigures = Readonly<{
  service: string;
  instance: string;
  memoryBytes: number;
  cpuRatio: number;
  openFiles: number | null;
  threads: number;
  /** pid of the process whose state is told, and that state: R S D T t. */
  pid: number;
  state: string;
  /** Dead children that were not collected, as of the last pass over all processes. */
  zombies: number;
}>;

export type FiguresPart = Readonly<{
  latest(instance: string): Readonly<{
    memoryBytes: number;
    cpuRatio: number;
    openFiles: number | null;
    threads: number;
    processes: number;
  }> | null;
  series(service: string, sinceMs: number): SeriesDocument;
  /** After every look; instances that do not run are left out. */
  onLook(listener: (instances: readonly InstanceFigures[]) => void): Disposer;
  /** Its processes as of the last pass over all of them, the shim left out. */
  pids(instance: string): readonly number[];
  stop(): Promise<void>;
}>;

export type LogQuery = Readonly<{
  /** Empty: all. */
  services: readonly string[];
  /** Epoch ms; null: unbounded. */
  sinceMs: number | null;
  untilMs: number | null;
  /** Last n lines per service after filtering; null: all. */
  tail: number | null;
  /** Substring, or /regex/flags. */
  grep: string | null;
  /** This level and worse. */
  level: LogLevel | null;
  /**
   * By run token, the last line of an instance that the asker has: of that instance only what
   * comes after it is wanted, all of it, whatever `tail` says.
   */
  after?: ReadonlyMap<string, LogCursor>;
}>;
/** `isBoundary`: what was given last is a boundary at that offset, so a line there is still due. */
export type LogCursor = Readonly<{ offset: number; isBoundary: boolean }>;

/** `skippedBytes`: written beside these lines and not handed over, because a flood is sampled. */
export type LinesListener = (
  instance: string,
  token: string,
  lines: readonly string[],
  skippedBytes: number,
) => void;

export type LogsPart = Readonly<{
  /** Oldest first, merged over instances and runs, boundary lines included, redacted. */
  query(query: LogQuery): AsyncIterable<LogLine>;
  /** The same, then new lines until aborted. */
  follow(query: LogQuery, abort: AbortSignal): AsyncIterable<LogLine>;
  /** Both as they are read: many lines at a time, which is what millions of them need. */
  queryBatches(query: LogQuery): AsyncIterable<readonly LogLine[]>;
  followBatches(query: LogQuery, abort: AbortSignal): AsyncIterable<readonly LogLine[]>;
  /** Last `count` raw lines of one run, redacted, oldest first; empty when it is not kept. */
  tail(instance: string, token: string, count: number): Promise<readonly string[]>;
  /** Applies the bounds on space and age now. */
  sweep(): Promise<void>;
  /** Compresses what the service has logged so far; `bytes` came back to the file system. */
  rotate(service: string): Promise<Readonly<{ segments: number; bytes: number }>>;
  /** The tighter bound that `bound` set; null: none, or its time is over. */
  boundOf(service: string): Readonly<{ bytes: number; untilMs: number }> | null;
  /** Keeps only the newest `bytes` of its log until then (wall clock); null lifts the bound. */
  bound(service: string, bound: Readonly<{ bytes: number; untilMs: number }> | null): Promise<void>;
  /** New lines as they are seen, for log probes and detectors; text unredacted, never stored. */
  onLines(listener: LinesListener): Disposer;
  stop(): Promise<void>;
}>;

export type WhyPart = Readonly<{
  /** Cached; null when the service is ok and there is nothing to say. */
  why(service: string): Why | null;
  /** Recomputes at once. */
  explain(service: string): Promise<Why | null>;
  onChange(listener: (service: string) => void): Disposer;
  stop(): Promise<void>;
}>;
