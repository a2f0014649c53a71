/** What actions and facts may touch: the supervisor, files, the parts of the controller. */
import type { StatePaths } from '@fettle/sdk/daemon/paths';
import type { HealthPart, LogsPart, SupervisorLink } from '../../parts.ts';
import type { Deeds } from './deeds.ts';
import type { KeptBytes } from './kept-bytes.ts';

export type ActionWorld = Readonly<{
  link: SupervisorLink;
  paths: StatePaths;
  deeds: Deeds;
  /** Replaced bytes, for the way back. */
  kept: KeptBytes;
  /** null: no file is watched. */
  ledger: WatchedFiles | null;
  logs: LogsPart | null;
  health: HealthPart | null;
  /** Variables of the controller itself: secrets are named in the config, never written there. */
  env: Readonly<Record<string, string | undefined>>;
  /** Epoch ms. */
  nowMs: () => number;
}>;

export type WatchedFile = Readonly<{ path: string; service: string | null; secret: boolean }>;

/** The part of the file ledger that actions need. */
export type WatchedFiles = Readonly<{
  /** Every file that the ledger keeps, absolute. */
  watched(): readonly WatchedFile[];
  /** The version with which its service was last healthy; null: none is known. */
  goodVersion(path: string): Readonly<{ hash: string; bytes: Buffer }> | null;
}>;
