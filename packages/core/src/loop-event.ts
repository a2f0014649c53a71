/** What the shell tells the loop (`loop-step.ts`): past tense, plain data. */
import type { ServiceExam } from './loop/collect/exam.ts';
import type { Observation } from './loop/collect/observation.ts';
import type { Value } from './loop/plan/expression/expression.ts';
import type { Policy } from './loop/plan/policy.ts';
import type { Runbook } from './loop/plan/runbook.ts';
import type { Flags } from './loop/plan/flags.ts';
import type { Kept } from './loop-effect.ts';

export type LoopEvent =
  | Readonly<{ kind: 'observed'; observations: readonly Observation[] }>
  /** Time went on; sent at least every second while something is open, else every 10 s. */
  | Readonly<{ kind: 'ticked' }>
  | Readonly<{ kind: 'configured'; policy: Policy; flags: Flags; runbooks: readonly Runbook[] }>
  /** At start: all that was kept, in any order. Comes before everything else but `configured`. */
  | Readonly<{ kind: 'restored'; records: readonly Kept[] }>
  /** The supervisor or the health part mended something by itself, as is their office. */
  | Reflex
  | Readonly<{ kind: 'examined'; incidentId: string; exams: readonly ServiceExam[] }>
  /** One answer per call, in order; null where the deadline passed or it could not be read. */
  | Readonly<{ kind: 'answered'; ask: string; answers: readonly Value[] }>
  | Readonly<{ kind: 'evidence-kept'; runId: string; files: readonly string[] }>
  | Readonly<{ kind: 'acted'; key: string; ok: boolean; detail: string }>
  /** Before acting: what the action captured. The act itself is asked for after it was kept. */
  | Readonly<{ kind: 'captured'; key: string; ok: boolean; detail: string; capture: Value }>
  | Readonly<{ kind: 'undone'; key: string; ok: boolean; detail: string }>
  /** After a crash: did the effect of this key come about? */
  | Readonly<{ kind: 'act-observed'; key: string; seen: 'done' | 'not-done' | 'unknown' }>
  | Readonly<{ kind: 'commanded'; command: LoopCommand; actor: string }>;

export type Reflex = Readonly<{
  kind: 'reflex';
  service: string;
  instance: string;
  action: 'service.start' | 'service.restart' | 'process.signal' | 'port.reassign';
  /** `crash`, `hang`, `memory-limit`, `stopped`, `port-stolen`. */
  reason: string;
  /** The new run, or the run that was continued: told once each. */
  token: string;
}>;

export type LoopCommand =
  /** `service` null: the whole loop. */
  | Readonly<{ kind: 'pause'; service: string | null; untilMs: number | null }>
  | Readonly<{ kind: 'resume'; service: string | null }>
  | Readonly<{ kind: 'emergency-stop' }>
  | Readonly<{ kind: 'freeze'; untilMs: number }>
  | Readonly<{ kind: 'approve'; runId: string }>
  | Readonly<{ kind: 'reject'; runId: string; reason: string }>
  | Readonly<{ kind: 'acknowledge'; incidentId: string }>
  | Readonly<{ kind: 'resolve'; incidentId: string }>
  | Readonly<{ kind: 'note'; incidentId: string; text: string }>
  | Readonly<{ kind: 'judge'; incidentId: string; verdict: 'right' | 'wrong' }>
  | Readonly<{
      kind: 'add-manual-step';
      incidentId: string;
      text: string;
      owner: string | null;
      deadlineMs: number | null;
    }>
  | Readonly<{ kind: 'finish-manual-step'; incidentId: string; stepId: string }>
  | Readonly<{
      kind: 'run';
      runbook: string;
      params: Readonly<Record<string, string | number | boolean>>;
      dryRun: boolean;
    }>;
