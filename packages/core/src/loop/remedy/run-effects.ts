/** What a run asks of the world while it is carried out; a part of `LoopEffect`. */
import type { FactCall, Value } from '../plan/expression/expression.ts';

export type ActParams = Readonly<Record<string, string | number | boolean>>;

export type RunEffect =
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
  /** Answered by `acted`; at most one effect per key, however often it is asked for. */
  | (Readonly<{ kind: 'act' }> & Deed)
  /** Answered by `undone`; likewise. */
  | (Readonly<{ kind: 'undo' }> & Deed)
  /** Did the effect of this key come about? Answered by `act-observed`. */
  | (Readonly<{ kind: 'observe-act' }> & Deed);

export type Deed = Readonly<{
  key: string;
  action: string;
  params: ActParams;
  capture: Value;
  timeoutMs: number;
}>;
