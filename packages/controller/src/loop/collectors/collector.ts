/**
 * What every collector is: something that watches one side of the world and tells the loop what it
 * saw, as plain observations. It translates and never judges; what it saw is bounded and redacted.
 *
 * Adding one is one file, its test, and one line in `all.ts`.
 */
import type { Observation } from '@fettle/core/loop/collect/observation';
import type {
  Disposer,
  FiguresPart,
  HealthPart,
  Journal,
  LogsPart,
  SupervisorLink,
  WhyPart,
} from '../../parts.ts';
import type { ErrorsPart } from '../../errors/errors-part.ts';
import type { FileLedger } from '../ledger/file-ledger.ts';
import type { CollectBudget } from './collect-budget.ts';

/** What was seen goes into the batch that `all.ts` hands to the loop in one go. */
export type Emit = (observations: readonly Observation[]) => void;

export type CollectorDeps = Readonly<{
  link: SupervisorLink;
  health: Pick<HealthPart, 'onProbe' | 'onPause'>;
  figures: Pick<FiguresPart, 'onLook' | 'pids'>;
  logs: Pick<LogsPart, 'onLines'>;
  why: Pick<WhyPart, 'why' | 'onChange'>;
  journal: Pick<Journal, 'append'>;
  errors: Pick<ErrorsPart, 'onReports'>;
  /** null: no file is watched. */
  files: Pick<FileLedger, 'onChange'> | null;
  /** The loop's clock: epoch ms that never jumps while the controller lives. */
  nowMs: () => number;
}>;

/** What one collector is started with. */
export type Collecting = CollectorDeps & Readonly<{ emit: Emit; budget: CollectBudget }>;

export type Collector = Readonly<{
  /** For the budget's books and the journal: `log lines`. */
  name: string;
  start(collecting: Collecting): Disposer;
}>;
