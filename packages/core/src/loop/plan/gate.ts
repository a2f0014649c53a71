/**
 * The gate: every rail between a plan and an act, asked in a fixed order before every step.
 *
 * All gates are asked even after one said no, so that the record tells a person everything that
 * stood in the way. The first no decides. Source: HEALING, "Order of the gate".
 */
import { gates } from './gates/all.ts';
import type { GateInput } from './gate-input.ts';
import type { Decision, GateReason } from './plan.ts';

export type GateVerdict = Readonly<{ decision: Decision; reasons: readonly GateReason[] }>;

export function askGates(input: GateInput): GateVerdict {
  let decision: Decision = { kind: 'act' };
  const reasons: GateReason[] = [];
  for (const gate of gates) {
    const { text, stop } = gate.ask(input);
    reasons.push({ gate: gate.name, passed: stop === null, text });
    if (stop !== null && decision.kind === 'act') decision = stop;
  }
  return { decision, reasons };
}
