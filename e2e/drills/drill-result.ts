/** What came of one drill: plain data, as it is printed, counted and kept. */
import type { AttemptDocument } from '@fettle/sdk/api/incidents';
import type { Family } from './fault.ts';

export type DrillResult = Readonly<{
  stack: 'shop' | 'generated';
  seed: string;
  round: number;
  fault: string;
  family: Family;
  did: string;
  /** Seconds until our own eyes saw it; null: it never showed, and the drill counts for nothing. */
  signalS: number | null;
  /** Seconds until Fettle had an incident of it. */
  symptomS: number | null;
  diagnosis: Readonly<{ class: string; target: string; confidence: number }> | null;
  diagnosedRight: boolean;
  /** What was done, in order: `service.start depot`. */
  acts: readonly string[];
  remedyRight: boolean;
  /** Seconds until it was gone for our own eyes, and until Fettle had verified that. */
  curedS: number | null;
  verifiedS: number | null;
  escalated: boolean;
  /** Healed and verified; or, where only a person may act, given to a person and nothing touched. */
  healed: boolean;
  undoneSteps: number;
  incidents: number;
  /** Each a sentence. */
  harm: readonly string[];
  /** Why it went wrong, as far as the drill can say. */
  note: string | null;
}>;

/** A remedy that tempts, done through Fettle with the loop paused. */
export type TemptingResult = Readonly<{
  stack: 'shop' | 'generated';
  fault: string;
  what: string;
  /** Must be false. */
  cured: boolean;
}>;

export type NegativeResult = Readonly<{
  stack: 'shop' | 'generated';
  round: number;
  name: string;
  did: string;
  /** Must be empty. */
  acts: readonly string[];
  incidents: readonly string[];
}>;

/** Words that touch nothing. */
const talk = new Set(['escalate', 'notify', 'wait', 'manual', 'codefix.propose']);
export const touches = ({ action, actor }: AttemptDocument): boolean =>
  !talk.has(action) && actor !== 'supervisor';
