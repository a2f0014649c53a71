/**
 * When each run began and how it ended, kept beside its log so that stitching works for as long as
 * the log is kept, whatever became of the supervisor's own record.
 *
 * Facts come from the supervisor's notices; what happened while no controller was there is read
 * from the run log once at the start.
 */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { RunExit } from '@fettle/core/supervise/run';
import type { RunLogEntry } from '@fettle/core/supervise/run-log';
import { listTokens, namesIn } from './log-folder.ts';

export type RunFact = Readonly<{
  token: string;
  startedAtMs: number | null;
  /** Why it was started, in the supervisor's words. */
  reason: string | null;
  pid: number | null;
  exit: RunExit | null;
}>;

export type RunFacts = Readonly<{
  of(instance: string, token: string): RunFact | null;
  /** Oldest first. Runs of which nothing is known are placed by the time of their files. */
  order(instance: string, tokens: readonly string[]): readonly string[];
  learn(view: InstanceView): void;
}>;

const MAX_FILE_BYTES = 256 * 1024;
const FILE = 'runs.ndjson';

/** `runLog`: path of the supervisor's run log; it may be missing. */
export function runFacts(logsDir: string, runLog: string): RunFacts {
  const known = new Map<string, Map<string, RunFact>>();

  const load = (instance: string): Map<string, RunFact> => {
    let facts = known.get(instance);
    if (facts === undefined) {
      facts = new Map(readFacts(join(logsDir, instance, FILE)).map((fact) => [fact.token, fact]));
      known.set(instance, facts);
    }
    return facts;
  };
  const put = (instance: string, fact: RunFact): void => {
    const facts = load(instance);
    if (JSON.stringify(facts.get(fact.token)) === JSON.stringify(fact)) return;
    facts.set(fact.token, fact);
    store(join(logsDir, instance), fact, facts, listTokens(logsDir, instance));
  };
  for (const [instance, facts] of factsOfRunLog(runLog))
    for (const fact of facts) {
      const before = load(instance).get(fact.token);
      if (before === undefined || (before.exit === null && fact.exit !== null))
        put(instance, { ...fact, pid: before?.pid ?? null });
    }
  return {
    of: (instance, token) => load(instance).get(token) ?? null,
    order(instance, tokens) {
      const startOf = (token: string): number =>
        load(instance).get(token)?.startedAtMs ?? fileTime(logsDir, instance, token);
      return tokens
        .map((token) => ({ token, atMs: startOf(token) }))
        .toSorted((a, b) => a.atMs - b.atMs || countOf(a.token) - countOf(b.token))
        .map(({ token }) => token);
    },
    learn(view) {
      if (view.lastToken !== null && view.lastExit !== null) {
        const before = load(view.instance).get(view.lastToken) ?? unknown(view.lastToken);
        put(view.instance, { ...before, exit: view.lastExit });
      }
      if (view.token === null || view.token === view.lastToken) return;
      const before = load(view.instance).get(view.token) ?? unknown(view.token);
      put(view.instance, {
        ...before,
        startedAtMs: view.startedAtMs ?? before.startedAtMs,
        reason: view.startReason ?? before.reason,
        pid: view.pid ?? before.pid,
      });
    },
  };
}

function unknown(token: string): RunFact {
  return { token, startedAtMs: null, reason: null, pid: null, exit: null };
}

function countOf(token: string): number {
  return Number(token.slice(token.lastIndexOf('-') + 1)) || 0;
}

function fileTime(logsDir: string, instance: string, token: string): number {
  const folder = join(logsDir, instance);
  const name = namesIn(folder).find((file) => file.startsWith(`${token}.`));
  if (name === undefined) return 0;
  try {
    return statSync(join(folder, name)).birthtimeMs;
  } catch {
    return 0;
  }
}

function readFacts(path: string): readonly RunFact[] {
  return readLines(path).flatMap((line) => {
    const fact = parse(line) as RunFact | null;
    return fact !== null && typeof fact.token === 'string' ? [fact] : [];
  });
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A torn last line is passed over. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function store(
  folder: string,
  fact: RunFact,
  facts: Map<string, RunFact>,
  kept: readonly string[],
): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  appendFileSync(path, `${JSON.stringify(fact)}\n`, { mode: 0o600 });
  if (statSync(path).size < MAX_FILE_BYTES) return;
  for (const token of facts.keys())
    if (token !== fact.token && !kept.includes(token)) facts.delete(token);
  const lines = [...facts.values()].slice(-500).map((each) => `${JSON.stringify(each)}\n`);
  writeFileSync(`${path}.tmp`, lines.join(''), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

function factsOfRunLog(path: string): Map<string, RunFact[]> {
  const byToken = new Map<string, { instance: string; fact: RunFact }>();
  for (const line of readLines(path)) {
    const entry = parse(line) as RunLogEntry | null;
    if (entry?.kind === 'intent') {
      const { token, instance, atMs, reason } = entry;
      const fact = { token, startedAtMs: atMs, reason, pid: null, exit: null };
      byToken.set(token, { instance, fact });
    } else if (entry?.kind === 'ended') {
      const found = byToken.get(entry.token);
      if (found !== undefined) found.fact = { ...found.fact, exit: entry.exit };
    }
  }
  const byInstance = new Map<string, RunFact[]>();
  for (const { instance, fact } of byToken.values()) {
    if (!/^[\w.-]+$/.test(instance)) continue;
    byInstance.set(instance, [...(byInstance.get(instance) ?? []), fact]);
  }
  return byInstance;
}
