/**
 * The contract of an injected fault: what is done, how it shows to eyes that are not Fettle's,
 * which diagnosis and remedy are right, which remedy tempts and does not cure, and how it is taken
 * back.
 *
 * One file per class in `faults/`, one line in `faults/all.ts`.
 */
import type { Dice } from './dice.ts';
import type { DrillStack } from './drill-stack.ts';

export const families = ['process', 'dependency', 'disk', 'network', 'config'] as const;
export type Family = (typeof families)[number];

export type Fault = Readonly<{
  /** As in the design's fault table, or a variant of such a class. */
  name: string;
  family: Family;
  /** Loads the machine: at most one of these runs at a time. */
  heavy?: boolean;
  /** Needs the API's way to its database to lead over the fault proxy. */
  overLink?: boolean;
  /** Why it cannot be injected into this stack, in a few words; null: it fits. */
  unfit(stack: DrillStack): string | null;
  /** Before it is injected: waits until it can be told from what was always so. */
  settle?(stack: DrillStack): Promise<void>;
  inject(stack: DrillStack, dice: Dice): Promise<Injected>;
}>;

export type Injected = Readonly<{
  /** One clause: what was done. */
  did: string;
  /** What must be seen from outside before the fault counts as there. */
  signal: Readonly<{ what: string; shows(): Promise<boolean>; withinMs?: number }>;
  /** Any of these is right. */
  expected: Readonly<{ classes: readonly string[]; targets: readonly string[] }>;
  /** Any of these cures, or is all that may be done. */
  right: readonly Remedy[];
  /** Seen from outside: the fault is gone. */
  cured(): Promise<boolean>;
  /** Always run at the end, also after a cure; must not fail then. */
  undo(): Promise<void>;
  /** null: what tempts would cure as well, only dearer, or is nothing that Fettle can do. */
  tempting: Readonly<{ what: string; run(): Promise<unknown> }> | null;
}>;

export type Remedy = Readonly<{
  /**
   * An action of the vocabulary; `reflex`: the supervisor or the health part mend it at once,
   * without a runbook; `escalate`: a person is called and nothing is touched.
   */
  action: string;
  /** Absent: the expected target, or any service that the act does not touch. */
  target?: string;
}>;

export const reflex: Remedy = { action: 'reflex' };
export const escalate: Remedy = { action: 'escalate' };
export const act = (action: string, target?: string): Remedy =>
  target === undefined ? { action } : { action, target };
