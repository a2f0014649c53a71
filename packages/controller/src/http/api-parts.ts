/** What the HTTP resources may use: the controller's parts and facts about the daemon. */
import type { FiguresPart, HealthPart, LogsPart, WhyPart } from '../parts.ts';
import type { ErrorsPart } from '../errors/errors-part.ts';
import type { LoopPart } from '../loop/loop-part.ts';
import type { FullJournal } from '../journal.ts';
import type { StatusKeeper } from '../status-keeper.ts';
import type { Store } from '../store.ts';
import type { FullLink } from '../supervisor-link.ts';
import type { WatchPart } from '../watch/watch-part.ts';
import type { Tokens } from './tokens.ts';

export type ApiParts = Readonly<{
  link: FullLink;
  journal: FullJournal;
  store: Store;
  /** Is the journal kept on disk? */
  durable: boolean;
  health: HealthPart;
  figures: FiguresPart;
  logs: LogsPart;
  why: WhyPart;
  loop: LoopPart;
  errors: ErrorsPart;
  watch: WatchPart;
  status: StatusKeeper;
  tokens: Tokens;
  version: string;
  startedAtMs: number;
  nowMs: () => number;
  /** Built dashboard; null when there is none. */
  dashboardDir: string | null;
}>;
