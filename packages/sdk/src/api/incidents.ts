/** The documents of the self-healing loop: incidents, runs, approvals, what healing may do. */
import type { Evidence } from './documents.ts';

/** `GET /api/v1/incidents?since=7d`, `fettle incidents --json`: open ones first, newest first. */
export type IncidentsDocument = Readonly<{
  schema: 'fettle.incidents/v1';
  incidents: readonly IncidentRow[];
}>;

export type IncidentRow = Readonly<{
  /** `INC-17`. */
  id: string;
  /** `open examining awaiting-approval healing verifying escalated resolved`. */
  state: string;
  /** The cause in a sentence, else the first symptom. */
  title: string;
  severity: 'warn' | 'error' | 'critical';
  /** Where the cause sits: a service, `@host`, `@disk:/path`. */
  root: string;
  services: readonly string[];
  affected: readonly string[];
  openedAt: string;
  resolvedAt: string | null;
  /** `fettle`, `by itself`, or a person; null while it is open. */
  closedBy: string | null;
  diagnosis: DiagnosisDocument | null;
  attempts: readonly AttemptDocument[];
  escalated: boolean;
  escalationReason: string | null;
  acknowledgedBy: string | null;
  /** The earlier incident that this one repeats. */
  recurrenceOf: string | null;
}>;

export type DiagnosisDocument = Readonly<{
  class: string;
  target: string;
  sentence: string;
  /** 0-1. */
  confidence: number;
  evidence: readonly Evidence[];
  against: readonly Evidence[];
  others: readonly Readonly<{ class: string; target: string; odds: number }>[];
}>;

export type AttemptDocument = Readonly<{
  /** Of the run that it belongs to. */
  run: string;
  runbook: string;
  step: string;
  action: string;
  target: string;
  /** Of the run: `fixed no-effect made-worse aborted fixed-then-recurred unknown`; null: not ended. */
  outcome: string | null;
  undone: boolean;
  /** `started done failed unknown undoing undone undo-failed`. */
  state: string;
  detail: string;
  at: string;
  endedAt: string | null;
  /** `fettle`, `supervisor` for what it does at once, or a person. */
  actor: string;
}>;

/** `GET /api/v1/incidents/:id`. */
export type IncidentDocument = Readonly<{
  schema: 'fettle.incident/v1';
  incident: IncidentRow &
    Readonly<{
      timeline: readonly Readonly<{
        at: string;
        kind: string;
        text: string;
        evidence: readonly Evidence[];
      }>[];
      plans: readonly PlanDocument[];
      runs: readonly RunDocument[];
      lessons: readonly Readonly<{ text: string; outcome: string; at: string }>[];
      notes: readonly Readonly<{ at: string; by: string; text: string }>[];
      manualSteps: readonly ManualStepDocument[];
      /** A person's word on the diagnosis. */
      verdict: 'right' | 'wrong' | null;
    }>;
}>;

export type ManualStepDocument = Readonly<{
  id: string;
  text: string;
  owner: string | null;
  deadline: string | null;
  doneAt: string | null;
}>;

export type PlanDocument = Readonly<{
  id: string;
  at: string;
  runbook: string;
  step: string;
  targets: readonly string[];
  risk: string;
  /** Odds, 0-1. */
  success: number;
  harm: number;
  /** `act approve suggest wait refuse escalate do-nothing`. */
  decision: string;
  /** Every gate's word, in order. */
  reasons: readonly Readonly<{ gate: string; passed: boolean; text: string }>[];
  ranking: readonly Readonly<{
    runbook: string;
    step: string;
    success: number;
    harm: number;
    costS: number;
    runs: number;
    note: string | null;
  }>[];
}>;

/** `GET /api/v1/deliveries?incident=INC-3`, `fettle incidents messages --json`. */
export type DeliveriesDocument = Readonly<{
  schema: 'fettle.deliveries/v1';
  /** Newest first. */
  deliveries: readonly DeliveryDocument[];
}>;

/** One message to one receiver, and what came of it. */
export type DeliveryDocument = Readonly<{
  incident: string;
  /** `opened`, `approval`, `escalated`, `resolved`. */
  change: string;
  /** Grows with each message about an incident. */
  sequence: number;
  /** Without its path, which may hold a secret: `https://hooks.example.org/…`. */
  to: string;
  /** `superseded`: a newer message about the incident went instead. */
  state: 'waiting' | 'delivered' | 'superseded' | 'given-up';
  attempts: number;
  /** HTTP status of the last attempt; null: none was answered. */
  status: number | null;
  error: string | null;
  createdAt: string;
  /** Of the next attempt; null: there will be none. */
  nextAt: string | null;
  endedAt: string | null;
}>;

/** `GET /api/v1/runs?active=true`, `fettle runs --json`. */
export type RunsDocument = Readonly<{
  schema: 'fettle.runs/v1';
  runs: readonly RunDocument[];
  stats: RunStats;
}>;

export type RunDocument = Readonly<{
  id: string;
  incident: string;
  runbook: string;
  /** `awaiting capturing guarding acting backing-off verifying undoing observing ended`. */
  phase: string;
  step: string;
  targets: readonly string[];
  risk: string;
  actor: string;
  approvedBy: string | null;
  startedAt: string;
  /** While it awaits a yes. */
  expiresAt: string | null;
  outcome: Readonly<{ kind: string; text: string; undone: boolean; at: string }> | null;
  attempts: readonly AttemptDocument[];
  /** Files below the state folder. */
  evidence: readonly string[];
  rechecks: readonly Readonly<{ due: string; well: boolean | null }>[];
}>;

export type RunStats = Readonly<{
  total: number;
  active: number;
  /** By outcome. */
  outcomes: Readonly<Record<string, number>>;
  /** By runbook: ended runs and how many cured. */
  runbooks: readonly Readonly<{ runbook: string; runs: number; fixed: number }>[];
}>;

/** `GET /api/v1/healing`: what the loop may do now. */
export type HealingDocument = Readonly<{
  schema: 'fettle.healing/v1';
  /** `on`, `paused`, `frozen` or `stopped`. */
  state: 'on' | 'paused' | 'frozen' | 'stopped';
  /** Why, in a sentence. */
  text: string;
  pauses: readonly Readonly<{ service: string | null; until: string | null; by: string }>[];
  frozenUntil: string | null;
  /** null: earned runbook by runbook. */
  autonomy: string | null;
  autonomyOf: Readonly<Record<string, string>>;
  /** Share of services for which each capability is on, 0-1. */
  flags: Readonly<Record<string, number>>;
  /** The numbers by which it decides. */
  policy: Readonly<Record<string, unknown>>;
}>;

/** Answer to a word of a person on incidents, runs and healing. */
export type HealingCommandDocument = Readonly<{
  schema: 'fettle.healing-command/v1';
  command: string;
  accepted: true;
}>;
