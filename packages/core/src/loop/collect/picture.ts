/**
 * What the loop knows of the world at this moment, and what it remembers of the last hours.
 *
 * `observe` is the only writer, in place; every history in it is bounded. Later stages read it and
 * never ask the world themselves.
 */
import type { Service, Stack } from '../../stack/service.ts';
import type { InstanceView } from '../../supervise/instance-view.ts';
import type { Change } from './change.ts';
import type { ServiceExam } from './exam.ts';
import type { CheckSeen, EdgeSeen, ErrorSeen, Explained } from './observation.ts';
import type { RequestFigures } from './request-figures.ts';
import { openSeries, type SeriesStore } from './series-store.ts';
import { openTemplates, type TemplateTree } from './template-tree.ts';

export type Picture = {
  stack: Stack | null;
  /** In order of the file. */
  readonly services: Map<string, ServicePicture>;
  readonly series: SeriesStore;
  /** Oldest first, at most 500. */
  readonly changes: Change[];
  /** Our own pause: nothing that was due then tells anything. */
  pausedUntilMs: number;
  /** Newest time that anything was observed at. */
  observedMs: number;
  /** When the first observation came: before `settleMs` after it nothing is concluded. */
  openedMs: number;
};

/** `service` is a plain one; told by `labels: {fettle.kind: …}`, else guessed (see `service-kind`). */
export type ServiceKind = 'database' | 'bridge' | 'worker' | 'job' | 'service';

export type ServicePicture = {
  readonly name: string;
  /** When the loop first heard of it. */
  readonly firstSeenMs: number;
  definition: Service;
  kind: ServiceKind;
  /** As asked for through Fettle; a service that is to be down has no symptoms. */
  want: 'up' | 'down';
  /** When an operator last commanded it through Fettle; null: never. */
  commandedMs: number | null;
  readonly instances: Map<string, InstancePicture>;
  /** By `instance/check`. */
  readonly checks: Map<string, CheckPicture>;
  /** What `why` says now. */
  why: Explained | null;
  /** What it said lately, newest last, at most 10: a crash's cause outlives the restart. */
  readonly whys: { readonly atMs: number; readonly why: Explained }[];
  /** Ends of runs, newest last, at most 50. */
  readonly ends: EndSeen[];
  readonly templates: TemplateTree;
  /** Last lines as they were written (redacted, at most 300 characters), newest last, at most 200. */
  readonly tail: { readonly atMs: number; readonly instance: string; readonly line: string }[];
  /** By `host:port`, newest observation. */
  readonly edges: Map<string, EdgeSeen & { atMs: number }>;
  /** By fingerprint, at most 100; `count` since `firstMs`. */
  readonly errors: Map<string, ErrorSeen & { firstMs: number }>;
  /** What came since the last figures were made of it. */
  readonly tally: Tally;
  /** From its access log, our own probes left out; null: it writes none. */
  requests: RequestFigures | null;
  exam: ServiceExam | null;
  /** When it was last healthy throughout (all wanted instances ready); null: never seen so. */
  healthyMs: number | null;
  /** Since when it is not; null: it is. */
  unhealthySinceMs: number | null;
};

/** Counts that become rates when figures are sampled. */
export type Tally = {
  sinceMs: number;
  lines: number;
  errorLines: number;
  bytes: number;
  errors: number;
};

export type InstancePicture = {
  view: InstanceView;
  /** When its present run was first seen; null: none. */
  runSinceMs: number | null;
  /** Was it ready in its present run? */
  wasReady: boolean;
  /** Since when it is ready; null: it is not. */
  readySinceMs: number | null;
  /** R S D T t Z; null: not read yet. */
  processState: string | null;
  processStateSinceMs: number;
  zombies: number;
};

export type CheckPicture = {
  last: CheckSeen;
  /** Newest last, at most 60. */
  readonly results: { readonly atMs: number; readonly ok: boolean; readonly ms: number }[];
  /** Since when the verdict is down; null: it is not. */
  downSinceMs: number | null;
  /** First of the failed probes in a row; null: the last one was good. */
  failingSinceMs: number | null;
  /** Since when a process that is not ours answers; null: ours does, or nobody knows. */
  foreignSinceMs: number | null;
  everUp: boolean;
};

export type EndSeen = Readonly<{
  atMs: number;
  instance: string;
  token: string;
  code: number | null;
  posixSignal: string | null;
  /** Fettle's own reason; null: by itself or from outside. */
  endedBy: string | null;
  ranMs: number | null;
}>;

export function openPicture(nowMs: number): Picture {
  return {
    stack: null,
    services: new Map(),
    series: openSeries(),
    changes: [],
    pausedUntilMs: 0,
    observedMs: nowMs,
    openedMs: nowMs,
  };
}

/** Just heard of. */
export function openServicePicture(definition: Service, nowMs: number): ServicePicture {
  return {
    name: definition.name,
    firstSeenMs: nowMs,
    definition,
    kind: 'service',
    want: 'up',
    commandedMs: null,
    instances: new Map(),
    checks: new Map(),
    why: null,
    whys: [],
    ends: [],
    templates: openTemplates(),
    tail: [],
    edges: new Map(),
    errors: new Map(),
    tally: { sinceMs: nowMs, lines: 0, errorLines: 0, bytes: 0, errors: 0 },
    requests: null,
    exam: null,
    healthyMs: null,
    unhealthySinceMs: nowMs,
  };
}
