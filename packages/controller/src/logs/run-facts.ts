/**
 * When each run began and how it ended, kept beside its log so that stitching works for as long as
 * the log is kept, whatever became of the supervisor's own record.
 *
 * Facts come from the supervisor's notices; what happened while no controller was there is read
 * from the supervisor's run log.
 */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { RunExit } from '@fettle/core/supervise/run';
import type { RunLogEntry } from '@fettle/core/supervise/run-log';
import { recordedPid } from '@fettle/sdk/daemon/birth-record';
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
  const news = runLogNews(runLog);
  /** What the notices did not tell: they start when the controller is connected. */
  const readRunLog = (): void => {
    for (const { instance, fact } of news()) {
      const before = load(instance).get(fact.token);
      if (before === undefined || before.startedAtMs === null || before.exit === null)
        put(instance, {
          ...fact,
          pid: before?.pid ?? recordedPid(join(dirname(runLog), 'runs'), fact.token),
          exit: before?.exit ?? fact.exit,
        });
    }
  };
  readRunLog();
  return {
    of(instance, token) {
      const fact = load(instance).get(token);
      if (fact === undefined || fact.startedAtMs === null || fact.exit === null) readRunLog();
      return load(instance).get(token) ?? null;
    },
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

type InstanceFact = Readonly<{ instance: string; fact: RunFact }>;

/** Reads what was appended to the run log since the last call; all of it when it was rewritten. */
function runLogNews(path: string): () => readonly InstanceFact[] {
  const known = new Map<string, InstanceFact>();
  let seenTo = 0;
  return () => {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size === seenTo) return [];
    const from = size < seenTo ? 0 : seenTo;
    const text = readFrom(path, from, size);
    const whole = text.lastIndexOf('\n') + 1;
    seenTo = from + Buffer.byteLength(text.slice(0, whole));
    const changed = new Map<string, InstanceFact>();
    for (const line of text.slice(0, whole).split('\n')) {
      const found = factOf(parse(line) as RunLogEntry | null, known);
      if (found === null) continue;
      known.set(found.fact.token, found);
      changed.set(found.fact.token, found);
      if (found.fact.exit !== null) known.delete(found.fact.token);
    }
    return [...changed.values()];
  };
}

function readFrom(path: string, from: number, to: number): string {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(to - from);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from));
  } finally {
    closeSync(fd);
  }
}

function factOf(
  entry: RunLogEntry | null,
  known: ReadonlyMap<string, InstanceFact>,
): InstanceFact | null {
  if (entry?.kind === 'intent') {
    const { token, instance, atMs, reason } = entry;
    if (!/^[\w.-]+$/.test(instance)) return null;
    return { instance, fact: { ...unknown(token), startedAtMs: atMs, reason } };
  }
  if (entry?.kind !== 'ended') return null;
  const begun = known.get(entry.token);
  if (begun === undefined) return null;
  return { ...begun, fact: { ...begun.fact, exit: entry.exit } };
}
