/** What the parts that build services share. */
import type { Lookup } from '../source/interpolate.ts';
import type { ConfigFile } from '@fettle/core/stack/heal-wish';
import type { SourceWish } from '../keys/file-keys.ts';
import type { ProblemSink } from '../problem/problem.ts';

export type BuildContext = Readonly<{
  /** Absolute folder of the stack. */
  dir: string;
  cwd: string;
  lookup: Lookup;
  sink: ProblemSink;
  /** Files read besides the configs (env files), with their modification times. */
  files: Map<string, number>;
  /** Of the top `configs` and `secrets`. */
  watched: readonly ConfigFile[];
  /** The same by `configs/NAME` and `secrets/NAME`. */
  sources: ReadonlyMap<string, SourceWish>;
  /** Their values that were taken already. */
  values: Map<string, string>;
  /** Secrets are asked for, the commands that print them run. */
  runsCommands: boolean;
}>;
