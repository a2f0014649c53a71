/**
 * Everything that is kept of all runs, opened for one reader: which instances and runs there are,
 * their bytes, their index, and what is known about them.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Block } from './block-record.ts';
import { readDropped, type DroppedRange } from './dropped.ts';
import { listInstances, listTokens, runFiles, type RunFiles } from './log-folder.ts';
import type { RunFact, RunFacts } from './run-facts.ts';
import { runIndex, type RunIndex } from './run-spans.ts';
import { openSource, type SpoolSource } from './spool-source.ts';
import type { RunTail } from './run-tail.ts';

export type ArchiveOptions = Readonly<{
  logsDir: string;
  facts: RunFacts;
  tailOf: (token: string) => RunTail | null;
  released: (token: string) => number;
  now: () => number;
}>;

export type OpenRun = Readonly<{
  run: RunFiles;
  source: SpoolSource;
  index: RunIndex;
  fact: RunFact | null;
  dropped: readonly DroppedRange[];
  /** When the spool was last written; epoch ms. */
  writtenMs: number;
  /** Whole lines up to here are in the index. */
  indexedTo: number;
  /** Nobody writes to it any more, as far as is known. */
  isOver: boolean;
  close(): Promise<void>;
}>;

export type Archive = Readonly<{
  /** Of these services; empty: of all. In order of name. */
  instances(services: readonly string[]): readonly string[];
  /** Oldest first. */
  tokens(instance: string): readonly string[];
  fact(instance: string, token: string): RunFact | null;
  /** What was dropped of runs of which nothing is left. */
  lost(instance: string): readonly DroppedRange[];
  openRun(instance: string, token: string): Promise<OpenRun>;
}>;

export function serviceOf(instance: string): string {
  return instance.replace(/\.\d+$/, '');
}

export function archive(options: ArchiveOptions): Archive {
  const { logsDir, facts } = options;
  return {
    instances(services) {
      const all = listInstances(logsDir).toSorted((a, b) =>
        a.localeCompare(b, 'en', { numeric: true }),
      );
      if (services.length === 0) return all;
      return all.filter((each) => services.includes(serviceOf(each)) || services.includes(each));
    },
    tokens: (instance) => facts.order(instance, listTokens(logsDir, instance)),
    fact: (instance, token) => facts.of(instance, token),
    lost(instance) {
      const tokens = new Set(listTokens(logsDir, instance));
      return readDropped(join(logsDir, instance)).filter(({ token }) => !tokens.has(token));
    },
    async openRun(instance, token) {
      const run = runFiles(logsDir, instance, token);
      const source = await openSource(run, options.released);
      const tail = options.tailOf(token);
      const fact = facts.of(instance, token);
      const stats = await stat(run.spool).catch(() => null);
      const writtenMs = Math.min(options.now(), stats?.mtimeMs ?? 0);
      const open: Block | null = tail?.openBlock() ?? null;
      const known = { open, start: source.start(), end: source.end(), writtenMs };
      const index = runIndex(run.index, known);
      return {
        run,
        source,
        index,
        fact,
        writtenMs,
        indexedTo: index.indexedTo,
        dropped: readDropped(run.folder).filter((range) => range.token === token),
        isOver: fact !== null && fact.exit !== null,
        async close() {
          index.close();
          await source.close();
        },
      };
    },
  };
}
