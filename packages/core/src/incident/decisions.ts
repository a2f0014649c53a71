/**
 * What the loop decided, step by step, in words and data that can be compared: of what was, and of
 * a replay. Read from its effects, which say all that it does.
 */
import type { LoopEffect } from '../loop-effect.ts';
import type { Run } from '../loop/remedy/run.ts';
import type { Incident } from './incident.ts';

export type DecisionKind =
  | 'opened'
  | 'diagnosis'
  | 'plan'
  | 'step'
  | 'outcome'
  | 'escalation'
  | 'resolved';

export type Decision = Readonly<{
  incident: string;
  kind: DecisionKind;
  /** What it is about: a runbook, a step; '' for the incident as a whole. */
  about: string;
  /** In words. */
  text: string;
  /** What else was decided with it: gate reasons, params. */
  details: readonly string[];
}>;

/** What was told of each thing lately, so that only news is. */
export type DecisionBook = Map<string, string>;

export function decisionsOf(
  book: DecisionBook,
  effects: readonly LoopEffect[],
): readonly Decision[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'keep' || effect.record.body === null) return [];
    const { kind, body } = effect.record;
    const made =
      kind === 'incident' ? ofIncident(body as Incident) : kind === 'run' ? ofRun(body as Run) : [];
    return made.filter((decision) => isNews(book, decision));
  });
}

function isNews(book: DecisionBook, decision: Decision): boolean {
  const own = `${decision.incident}:${decision.kind}:${decision.about}`;
  const told = [decision.text, ...decision.details].join('\n');
  if (book.get(own) === told) return false;
  book.set(own, told);
  return true;
}

function ofIncident(incident: Incident): readonly Decision[] {
  const { id, diagnosis, plans, escalationReason, closedBy } = incident;
  const said = (
    kind: DecisionKind,
    text: string,
    rest: Partial<Pick<Decision, 'about' | 'details'>> = {},
  ): Decision => ({ incident: id, kind, about: '', text, details: [], ...rest });
  return [
    said('opened', `${id} opened`),
    ...(diagnosis === null
      ? []
      : [
          said('diagnosis', diagnosisText(diagnosis), {
            details: [diagnosis.sentence, `by ${diagnosis.ruleId}`],
          }),
        ]),
    ...plans.map((plan) =>
      said('plan', planText(plan), {
        about: plan.id,
        details: plan.reasons.map(
          ({ gate, passed, text }) => `${gate} ${passed ? 'passed' : 'said no'}: ${text}`,
        ),
      }),
    ),
    ...(escalationReason === null
      ? []
      : [said('escalation', `given to a person: ${escalationReason}`)]),
    ...(closedBy === null ? [] : [said('resolved', `closed by ${closedBy}`)]),
  ];
}

function diagnosisText({
  class: cause,
  target,
  confidence,
}: NonNullable<Incident['diagnosis']>): string {
  return `${cause} on ${target}, ${Math.round(confidence * 100)} %`;
}

function planText({ runbook, step, targets, risk, decision }: Incident['plans'][number]): string {
  const what = `${runbook}, ${step}${targets.length === 0 ? '' : ` on ${targets.join(', ')}`}`;
  const verdict =
    decision.kind === 'wait' || decision.kind === 'refuse'
      ? `${decision.kind}: ${decision.gate}`
      : 'reason' in decision
        ? `${decision.kind}: ${decision.reason}`
        : decision.kind;
  return `${what} (${risk} risk): ${verdict}`;
}

function ofRun(run: Run): readonly Decision[] {
  const { incidentId: incident, attempts, outcome } = run;
  return [
    ...attempts.map(({ key, action, target, params, state }): Decision => ({
      incident,
      kind: 'step',
      about: key,
      text: `${action} on ${target}: ${state}`,
      details: Object.entries(params).map(([name, value]) => `${name}: ${String(value)}`),
    })),
    ...(outcome === null
      ? []
      : [
          {
            incident,
            kind: 'outcome',
            about: run.id,
            text: `${outcome.kind}: ${outcome.text}`,
            details: [],
          } as const,
        ]),
  ];
}
