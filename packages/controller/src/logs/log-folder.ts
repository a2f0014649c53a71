/**
 * Names of the files that belong to one run's log, and what is there.
 *
 * `.fettle/logs/<instance>/<token>.log` is written by the service itself; beside it stand our
 * index (`.idx`), compressed segments (`.0001.zst`), and per instance what was dropped
 * (`dropped.json`) and when runs began and ended (`runs.ndjson`).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export type RunFiles = Readonly<{
  instance: string;
  token: string;
  folder: string;
  spool: string;
  index: string;
}>;

export function runFiles(logsDir: string, instance: string, token: string): RunFiles {
  const folder = join(logsDir, instance);
  return {
    instance,
    token,
    folder,
    spool: join(folder, `${token}.log`),
    index: join(folder, `${token}.idx`),
  };
}

export function segmentPath(run: RunFiles, number: number): string {
  return join(run.folder, `${run.token}.${String(number).padStart(4, '0')}.zst`);
}

/** Names in a folder; empty when there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Instances that have a log folder. Internal services (`@controller`) are left out. */
export function listInstances(logsDir: string): readonly string[] {
  return namesIn(logsDir).filter((name) => /^[\w.-]+$/.test(name));
}

const RUN_FILE = /^([\w-]+)\.(?:log|idx|\d{4,}\.zst)$/;

/** Tokens of which any log file is left, oldest first. */
export function listTokens(logsDir: string, instance: string): readonly string[] {
  const tokens = new Set<string>();
  for (const name of namesIn(join(logsDir, instance))) {
    const token = RUN_FILE.exec(name)?.[1];
    if (token !== undefined) tokens.add(token);
  }
  return [...tokens];
}

/** Segment numbers of a run, ascending. */
export function listSegments(run: RunFiles): readonly number[] {
  const numbers: number[] = [];
  const prefix = `${run.token}.`;
  for (const name of namesIn(run.folder)) {
    if (!name.startsWith(prefix) || !name.endsWith('.zst')) continue;
    const digits = name.slice(prefix.length, -4);
    if (/^\d{4,}$/.test(digits)) numbers.push(Number(digits));
  }
  return numbers.toSorted((a, b) => a - b);
}
