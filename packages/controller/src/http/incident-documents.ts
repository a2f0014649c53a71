/** Incidents and runs as the wire documents of the SDK. */
import type { Evidence as CoreEvidence } from '@fettle/core/loop/collect/evidence';
import type { Incident } from '@fettle/core/incident/incident';
import type { Plan } from '@fettle/core/loop/plan/plan';
import type { Run } from '@fettle/core/loop/remedy/run';
import type { Evidence } from '@fettle/sdk/api/documents';
import type {
  AttemptDocument,
  IncidentDocument,
  IncidentRow,
  PlanDocument,
  RunDocument,
  RunStats,
} from '@fettle/sdk/api/incidents';

const iso = (atMs: number): string => new Date(atMs).toISOString();
const isoOrNull = (atMs: number | null): string | null => (atMs === null ? null : iso(atMs));

export function incidentRow(incident: Incident, runs: readonly Run[]): IncidentRow {
  const { diagnosis } = incident;
  return {
    id: incident.id,
    state: incident.state,
    title: incident.title,
    severity: incident.severity,
    root: incident.root,
    services: incident.services,
    affected: incident.affected,
    openedAt: iso(incident.openedMs),
    resolvedAt: isoOrNull(incident.resolvedMs),
    closedBy: incident.closedBy,
    diagnosis:
      diagnosis === null
        ? null
        : {
            class: diagnosis.class,
            target: diagnosis.target,
            sentence: diagnosis.sentence,
            confidence: diagnosis.confidence,
            evidence: diagnosis.for.map(evidenceOf),
            against: diagnosis.against.map(evidenceOf),
            others: diagnosis.others,
          },
    attempts: runs.flatMap(attemptsOf),
    escalated: incident.escalated,
    escalationReason: incident.escalationReason,
    acknowledgedBy: incident.acknowledgedBy,
    recurrenceOf: incident.recurrenceOf,
  };
}

export function incidentDocument(incident: Incident, runs: readonly Run[]): IncidentDocument {
  return {
    schema: 'fettle.incident/v1',
    incident: {
      ...incidentRow(incident, runs),
      timeline: incident.timeline.map(({ atMs, kind, text, evidence }) => ({
        at: iso(atMs),
        kind,
        text,
        evidence: evidence.map(evidenceOf),
      })),
      plans: incident.plans.map(planDocument),
      runs: runs.map(runDocument),
      lessons: incident.lessons.map(({ text, outcome, atMs }) => ({
        text,
        outcome,
        at: iso(atMs),
      })),
      notes: incident.notes.map(({ atMs, by, text }) => ({ at: iso(atMs), by, text })),
      manualSteps: incident.manualSteps.map(({ id, text, owner, deadlineMs, doneMs }) => ({
        id,
        text,
        owner,
        deadline: isoOrNull(deadlineMs),
        doneAt: isoOrNull(doneMs),
      })),
      verdict: incident.verdict,
    },
  };
}

export function runDocument(run: Run): RunDocument {
  const { plan, outcome } = run;
  return {
    id: run.id,
    incident: run.incidentId,
    runbook: plan.runbook,
    phase: run.phase,
    step: run.step,
    targets: plan.targets,
    risk: plan.risk,
    actor: run.actor,
    approvedBy: run.approvedBy,
    startedAt: iso(run.startedMs),
    expiresAt: plan.decision.kind === 'approve' ? iso(plan.decision.untilMs) : null,
    outcome:
      outcome === null
        ? null
        : { kind: outcome.kind, text: outcome.text, undone: outcome.undone, at: iso(outcome.atMs) },
    attempts: attemptsOf(run),
    evidence: run.evidence,
    rechecks: run.rechecks.map(({ dueMs, well }) => ({ due: iso(dueMs), well })),
  };
}

export function statsOf(runs: readonly Run[]): RunStats {
  const ended = runs.filter(({ phase }) => phase === 'ended');
  const kinds = ended.flatMap(({ outcome }) => outcome?.kind ?? []);
  const names = [...new Set(runs.map(({ plan }) => plan.runbook))];
  return {
    total: runs.length,
    active: runs.length - ended.length,
    outcomes: Object.fromEntries(
      [...new Set(kinds)].map((kind) => [kind, kinds.filter((one) => one === kind).length]),
    ),
    runbooks: names.map((runbook) => {
      const own = ended.filter(({ plan }) => plan.runbook === runbook);
      const fixed = own.filter(({ outcome }) => outcome?.kind === 'fixed').length;
      return { runbook, runs: own.length, fixed };
    }),
  };
}

function attemptsOf(run: Run): readonly AttemptDocument[] {
  return run.attempts.map((attempt) => ({
    run: run.id,
    runbook: run.plan.runbook,
    step: attempt.step,
    action: attempt.action,
    target: attempt.target,
    outcome: run.outcome?.kind ?? null,
    undone: attempt.state === 'undone',
    state: attempt.state,
    detail: attempt.detail,
    at: iso(attempt.startedMs),
    endedAt: isoOrNull(attempt.endedMs),
    actor: run.actor,
  }));
}

function planDocument(plan: Plan): PlanDocument {
  const { id, atMs, runbook, step, targets, risk, success, harm, decision, reasons, ranking } =
    plan;
  return {
    id,
    at: iso(atMs),
    runbook,
    step,
    targets,
    risk,
    success,
    harm,
    decision: decision.kind,
    reasons,
    ranking,
  };
}

function evidenceOf({ kind, text, atMs }: CoreEvidence): Evidence {
  return { kind, text, at: isoOrNull(atMs) };
}
