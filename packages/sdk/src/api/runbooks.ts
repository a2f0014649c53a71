/** The documents of runbooks: what is in force, one of them, and what a run would do. */

/** `GET /api/v1/runbooks`, `fettle runbooks list --json`. */
export type RunbooksDocument = Readonly<{
  schema: 'fettle.runbooks/v1';
  runbooks: readonly RunbookRow[];
  /** Files that are not used, and why. */
  problems: readonly RunbookProblemRow[];
}>;

export type RunbookRow = Readonly<{
  name: string;
  version: number;
  description: string;
  /** `shipped`, or the file. */
  origin: string;
  /** Classes of diagnosis that it is for. */
  diagnoses: readonly string[];
  /** First steps that its branches may take. */
  actions: readonly string[];
  /** The highest risk of its steps, by themselves. */
  risk: string;
  tests: readonly string[];
}>;

export type RunbookProblemRow = Readonly<{
  code: string;
  file: string;
  line: number;
  column: number;
  message: string;
  hint: string;
}>;

/** `GET /api/v1/runbooks/:name`. */
export type RunbookDocument = Readonly<{ schema: 'fettle.runbook/v1'; runbook: RunbookDetail }>;

export type RunbookDetail = RunbookRow &
  Readonly<{
    owner: string | null;
    triggers: readonly Readonly<{
      diagnoses: readonly string[];
      /** 0-1; null for a raw condition. */
      minConfidence: number | null;
      /** A raw condition; null: by diagnosis. */
      when: string | null;
      forMs: number | null;
    }>[];
    neverWhen: readonly string[];
    dedupe: string;
    parameters: readonly Readonly<{
      name: string;
      type: string;
      required: boolean;
      from: string | null;
    }>[];
    approvalWhen: string | null;
    limits: Readonly<{
      cooldownMs: number | null;
      maxRuns: Readonly<{ count: number; perMs: number }> | null;
      deadlineMs: number | null;
      maxTargets: number | null;
    }>;
    evidence: readonly string[];
    /** The first that holds is taken; the last has `when: null`. */
    branches: readonly Readonly<{ when: string | null; goto: string }>[];
    steps: readonly RunbookStep[];
    verify: Readonly<{
      settleMs: number;
      windowMs: number;
      require: readonly string[];
      forbid: readonly string[];
    }>;
    watchMs: readonly number[];
    expectedSuccess: number | null;
  }>;

export type RunbookStep = Readonly<{
  id: string;
  action: string;
  with: Readonly<Record<string, string | number | boolean>>;
  timeoutMs: number;
  attempts: number;
  guard: readonly string[];
  /** null: it can be undone; else why not. */
  irreversible: string | null;
  risk: string;
  approvalRequired: boolean;
  next: string;
  onFail: string | null;
  note: string | null;
}>;

/** `POST /api/v1/runbooks/:name/run` with `dryRun`; nothing was changed. */
export type DryRunDocument = Readonly<{
  schema: 'fettle.dry-run/v1';
  runbook: string;
  target: string;
  diagnosis: string;
  params: Readonly<Record<string, string | number | boolean>>;
  /** Text of a `never_when` that holds now; null: none. */
  never: string | null;
  branches: readonly Readonly<{ when: string | null; goto: string; holds: boolean }>[];
  /** The way that it would go; an act that cannot be done here fails. */
  steps: readonly DryRunStep[];
  verify: readonly string[];
}>;

export type DryRunStep = Readonly<{
  step: string;
  action: string;
  /** What would be done, in a sentence. */
  text: string;
  /** What a person would type to the same effect; null: nothing. */
  command: string | null;
  /** What is missing to do it here; null: nothing. */
  lacks: string | null;
  guards: readonly Readonly<{ text: string; holds: boolean }>[];
  risk: string;
  irreversible: string | null;
}>;
