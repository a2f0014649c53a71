/**
 * The action vocabulary: what each action is called, takes and risks, and whether it can be undone.
 *
 * The shell implements them (`controller/src/actions/`); the gate and the runbook loader decide by
 * this table alone. An action is reversible (its inverse is tested) or declared irreversible with
 * the reason, and then never runs by itself above low risk.
 */
import type { Risk } from './policy.ts';

export type ParamType = 'service' | 'string' | 'number' | 'duration' | 'boolean';

export type ActionSpec = Readonly<{
  name: string;
  params: Readonly<Record<string, Readonly<{ type: ParamType; required: boolean }>>>;
  risk: Risk;
  /** null: reversible. Else why it cannot be taken back. */
  irreversible: string | null;
  /** Ends or changes something: evidence is kept before it. */
  destructive: boolean;
  /** One line: what it does. */
  summary: string;
}>;
