/**
 * What the run log says, once read from its first line to its last.
 *
 * The log is the supervisor's only memory across its own death: what was wanted, which token was
 * whose, which ports were given, how often each instance was restarted. Nothing is assumed of its
 * end (a torn line is dropped by the reader) nor of its middle (a full disk may have eaten lines).
 */
import type { RunExit, RunToken, StartReason } from './run.ts';
import type { DueEntry, RunLogEntry } from './run-log.ts';
import { isCounted, isRestartOfOurs } from './restart-policy.ts';

/** Counted restarts kept per instance; more than any sensible intensity. */
const RECENT_KEPT = 64;

export type Intent = Extract<RunLogEntry, { kind: 'intent' }>;

export type RememberedInstance = {
  port: number | null;
  /** Line of its last move to another port; -1: never moved. */
  movedAtLine: number;
  restarts: number;
  restartsByReason: Partial<Record<StartReason, number>>;
  recentMs: number[];
  crashLoop: boolean;
  last: Readonly<{ intent: Intent; line: number }> | null;
  lastExit: RunExit | null;
  /** Token of `lastExit`. */
  lastToken: RunToken | null;
  /** A reset came after the last intent: the next start is the first one. */
  fresh: boolean;
};

export type Memory = Readonly<{
  wanted: Map<string, Readonly<{ wanted: 'running' | 'stopped'; replicas: number }>>;
  instances: Map<string, RememberedInstance>;
  /** The last word about each schedule. */
  due: Map<string, DueEntry>;
  /** Runs whose end was recorded. */
  ended: Map<RunToken, RunExit>;
  /** Line and entry of each intent, by token. */
  intents: Map<RunToken, Readonly<{ intent: Intent; line: number }>>;
}>;

export function foldRunLog(entries: readonly RunLogEntry[]): Memory {
  const memory: Memory = {
    wanted: new Map(),
    due: new Map(),
    instances: new Map(),
    ended: new Map(),
    intents: new Map(),
  };
  let bootId: string | null = null;
  for (const [line, entry] of entries.entries()) {
    if (entry.kind === 'daemon') {
      if (bootId !== null && bootId !== entry.bootId) forgetClock(memory);
      bootId = entry.bootId;
    } else foldEntry(memory, entry, line);
  }
  return memory;
}

function foldEntry(memory: Memory, entry: RunLogEntry, line: number): void {
  switch (entry.kind) {
    case 'daemon':
    case 'started':
      return;
    case 'intent':
      foldIntent(memory, entry, line);
      return;
    case 'ended':
      foldEnd(memory, entry.token, entry.exit);
      return;
    case 'wanted':
      memory.wanted.set(entry.service, { wanted: entry.wanted, replicas: entry.replicas });
      return;
    case 'port': {
      const instance = remembered(memory, entry.instance);
      if (instance.port !== null && instance.port !== entry.port) instance.movedAtLine = line;
      instance.port = entry.port;
      return;
    }
    case 'reset':
      foldReset(memory, entry.service);
      return;
    case 'due':
      memory.due.set(entry.service, entry);
      return;
    case 'settled': {
      const instance = remembered(memory, entry.instance);
      instance.crashLoop = false;
      instance.recentMs = [];
      return;
    }
    case 'history': {
      const instance = remembered(memory, entry.instance);
      instance.restarts = entry.restarts;
      instance.restartsByReason = { ...entry.restartsByReason };
      return;
    }
    default:
      entry satisfies never;
  }
}

function foldIntent(memory: Memory, intent: Intent, line: number): void {
  const instance = remembered(memory, intent.instance);
  memory.intents.set(intent.token, { intent, line });
  instance.last = { intent, line };
  instance.fresh = false;
  instance.crashLoop = intent.crashLoop ?? false;
  if (intent.port !== null) instance.port ??= intent.port;
  const { reason } = intent;
  if (reason === 'first-start') return;
  instance.restartsByReason[reason] = (instance.restartsByReason[reason] ?? 0) + 1;
  if (isRestartOfOurs(reason)) instance.restarts += 1;
  if (isCounted(reason)) {
    instance.recentMs.push(intent.nowMs);
    if (instance.recentMs.length > RECENT_KEPT) instance.recentMs.shift();
  }
}

function foldEnd(memory: Memory, token: RunToken, exit: RunExit): void {
  memory.ended.set(token, exit);
  const id = memory.intents.get(token)?.intent.instance;
  if (id === undefined) return;
  const instance = remembered(memory, id);
  if (instance.last?.intent.token !== token) return;
  instance.lastExit = exit;
  instance.lastToken = token;
}

function foldReset(memory: Memory, service: string): void {
  // Taken down on purpose: what falls due meanwhile is not missed.
  memory.due.delete(service);
  const wish = memory.wanted.get(service);
  if (wish !== undefined) memory.wanted.set(service, { ...wish, wanted: 'running' });
  for (const [id, instance] of memory.instances) {
    if (serviceOf(id) !== service) continue;
    instance.restarts = 0;
    instance.recentMs = [];
    instance.crashLoop = false;
    instance.fresh = true;
  }
}

/** After a boot the monotonic clock began anew: old times mean nothing. */
function forgetClock(memory: Memory): void {
  for (const instance of memory.instances.values()) instance.recentMs = [];
}

export function remembered(memory: Memory, id: string): RememberedInstance {
  let instance = memory.instances.get(id);
  if (instance === undefined) {
    instance = {
      port: null,
      movedAtLine: -1,
      restarts: 0,
      restartsByReason: {},
      recentMs: [],
      crashLoop: false,
      last: null,
      lastExit: null,
      lastToken: null,
      fresh: false,
    };
    memory.instances.set(id, instance);
  }
  return instance;
}

function serviceOf(id: string): string {
  return id.slice(0, id.lastIndexOf('.'));
}
