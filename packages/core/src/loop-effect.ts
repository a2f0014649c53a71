/** What the loop asks of the shell, in this order. Imperative; most are answered by an event. */
import type { FactCall, Value } from './loop/plan/expression/expression.ts';

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

type ActParams = Readonly<Record<string, string | number | boolean>>;

export type LoopEffect =
  | Readonly<{ kind: 'keep'; record: Kept }>
  /** A closer look at these services; answered by `examined`. */
  | Readonly<{ kind: 'examine'; incidentId: string; services: readonly string[] }>
  /** Answered by `answered` within `timeoutMs`. */
  | Readonly<{ kind: 'ask'; ask: string; calls: readonly FactCall[]; timeoutMs: number }>
  /** Keep evidence of these before acting, bounded; answered by `evidence-kept`. */
  | Readonly<{
      kind: 'keep-evidence';
      runId: string;
      items: readonly Readonly<{ what: string; of: string | null }>[];
    }>
  /** Ask the action for its pre-state (nothing is changed); answered by `captured`. */
  | Readonly<{ kind: 'capture'; key: string; action: string; params: ActParams; timeoutMs: number }>
  | Readonly<{
      kind: 'act';
      key: string;
      action: string;
      params: ActParams;
      capture: Value;
      timeoutMs: number;
    }>
  | Readonly<{
      kind: 'undo';
      key: string;
      action: string;
      params: ActParams;
      capture: Value;
      timeoutMs: number;
    }>
  | Readonly<{
      kind: 'observe-act';
      key: string;
      action: string;
      params: ActParams;
      capture: Value;
    }>
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
  /** `ticked` is wanted by then. */
  | Readonly<{ kind: 'wake'; atMs: number }>;
