/** What the loop asks of the shell, in this order. Imperative; most are answered by an event. */
import type { Frozen } from './incident/frozen.ts';
import type { RunEffect } from './loop/remedy/run-effects.ts';

/**
 * A record of the loop's memory. All records of one answer of `step` are written in one transaction
 * before any other of its effects runs: that is the write-ahead.
 */
export type Kept = Readonly<{
  /** `incident run odds rail lesson setting`. */
  kind: string;
  id: string;
  /** Plain JSON; null: forget it. */
  body: unknown;
}>;

export type LoopEffect =
  | RunEffect
  | Readonly<{ kind: 'keep'; record: Kept }>
  /** A closer look at these services; answered by `examined`. */
  | Readonly<{ kind: 'examine'; incidentId: string; services: readonly string[] }>
  /** A sentence for the journal. */
  | Readonly<{
      kind: 'tell';
      topic: string;
      severity: 'info' | 'warn' | 'error';
      service: string | null;
      text: string;
      data: Readonly<Record<string, unknown>>;
    }>
  /** One message per incident: the shell edits or threads by `incidentId`. */
  | Readonly<{
      kind: 'notify';
      incidentId: string;
      change: 'opened' | 'escalated' | 'approval' | 'resolved';
    }>
  /** What the loop knew before it thought of opening an incident, without secrets; when asked for. */
  | Readonly<{ kind: 'snapshot'; state: Frozen }>
  /** `ticked` is wanted by then. */
  | Readonly<{ kind: 'wake'; atMs: number }>;
