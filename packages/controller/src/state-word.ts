/**
 * The one word for an instance and for a service.
 *
 * An instance's word comes from its process and its checks; a service's from its instances and then
 * from what it needs: `affected` says that its own process is fine and a required dependency is
 * not, so that one cause shows one failure. Pure: facts in, words out.
 */
import type { Dependency, Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { CheckStatus, State } from '@fettle/sdk/api/status';

export type InstanceFacts = Readonly<{
  view: InstanceView;
  checks: readonly CheckStatus[];
  healing: boolean;
  nowMs: number;
}>;

/** A run that follows a crash must live this long before it counts as mended. */
export const settleMs = 2_000;
/** So many restarts, the last one lately, are trouble also while the next run starts. */
const troubledRestarts = 2;
const latelyMs = 60_000;

export function instanceState(facts: InstanceFacts): State {
  const { view } = facts;
  if (facts.healing) return 'healing';
  const word = wordOf(facts);
  const isFine = word === 'ok' || word === 'done' || word === 'starting';
  // A job that was missed or takes too long is somebody's concern, whatever it does now.
  return isFine && (view.schedule?.alarm ?? null) !== null ? 'degraded' : word;
}

function wordOf(facts: InstanceFacts): State {
  const { view } = facts;
  switch (view.state) {
    case 'waiting':
      return view.portTrouble !== null && view.waitingFor.length === 0 ? 'failing' : 'starting';
    case 'starting':
      return isTroubled(facts) ? 'failing' : (downState(facts.checks) ?? 'starting');
    case 'running':
      return runningState(facts);
    case 'backing-off':
      return endedByUs(view) ? 'starting' : 'failing';
    case 'crash-loop':
      return 'crash-loop';
    case 'stopping':
    case 'stopped':
      return 'stopped';
    case 'done':
      return 'done';
    case 'failed':
      return 'failing';
    case 'external':
      return externalState(facts.checks);
    default:
      return view.state satisfies never;
  }
}

const ownFaults: ReadonlySet<string> = new Set([
  'hang',
  'memory-limit',
  'process-limit',
  'port-stolen',
  'hook-failed',
]);

/** Ended on purpose, to be started again: no failure, unlike a hang or a memory limit. */
function endedByUs({ lastExit }: InstanceView): boolean {
  const by = lastExit?.endedBy ?? null;
  return by !== null && !ownFaults.has(by);
}

function runningState(facts: InstanceFacts): State {
  const { view, checks } = facts;
  const down = downState(checks);
  if (down === 'failing') return 'failing';
  if (isTroubled(facts)) return 'failing';
  if (!view.ready) return 'starting';
  if (down !== null || view.missingOptional.length > 0) return 'degraded';
  return checks.some(({ flapping, silenced }) => flapping && !silenced) ? 'degraded' : 'ok';
}

/** A silenced check decides nothing. */
export function isDown({ up, silenced }: CheckStatus): boolean {
  return up === false && !silenced;
}

/** `failing` when a required check is down, `degraded` when an optional one is; null: none is. */
function downState(checks: readonly CheckStatus[]): 'failing' | 'degraded' | null {
  const down = checks.filter(isDown);
  if (down.some(({ required }) => required)) return 'failing';
  return down.length > 0 ? 'degraded' : null;
}

/** Restarted again and again, and the live run has not yet shown that it is any better. */
function isTroubled({ view, nowMs }: InstanceFacts): boolean {
  const { lastExit, startedAtMs, restarts, startReason } = view;
  if (lastExit === null || startedAtMs === null || restarts < troubledRestarts) return false;
  if (startReason !== 'crash' && startReason !== 'unexpected-exit') return false;
  return nowMs - lastExit.atMs < latelyMs && nowMs - startedAtMs < settleMs;
}

/** When the word of a troubled run may change by the mere passing of time; null: it may not. */
export function settlesAtMs(facts: InstanceFacts): number | null {
  if (!isTroubled(facts) || facts.view.startedAtMs === null) return null;
  return facts.view.startedAtMs + settleMs;
}

function externalState(checks: readonly CheckStatus[]): State {
  const down = downState(checks);
  if (down !== null) return down;
  return checks.some(({ up, silenced }) => up === true || silenced) ? 'ok' : 'unknown';
}

/** Worst first, except that a service of which a part still works is `degraded`. */
const severity: readonly State[] = [
  'crash-loop',
  'failing',
  'healing',
  'affected',
  'degraded',
  'starting',
  'unknown',
  'ok',
  'done',
  'stopped',
];
const broken = new Set<State>(['crash-loop', 'failing', 'healing']);
const working = new Set<State>(['ok', 'degraded']);

export function serviceState(instances: readonly State[]): State {
  if (instances.length === 0) return 'stopped';
  const worst = severity.find((state) => instances.includes(state)) ?? 'unknown';
  const partly = broken.has(worst) && instances.some((state) => working.has(state));
  return partly ? 'degraded' : worst;
}

export type ServiceFacts = Readonly<{
  service: Service;
  own: State;
  /** Only checks that ask others (readiness) are down: the process itself is fine. */
  onlyReadinessDown: boolean;
}>;

/** The words after a look at dependencies. A chain of n services settles in n rounds. */
export function withDependencies(facts: readonly ServiceFacts[]): ReadonlyMap<string, State> {
  const words = new Map(facts.map(({ service, own }) => [service.name, own]));
  for (let round = 0; round < facts.length; round += 1) {
    let changed = false;
    for (const one of facts) {
      const next = afterDependencies(one, words);
      if (next === words.get(one.service.name)) continue;
      words.set(one.service.name, next);
      changed = true;
    }
    if (!changed) break;
  }
  return words;
}

function afterDependencies(facts: ServiceFacts, words: ReadonlyMap<string, State>): State {
  const { service, own } = facts;
  const fine = own === 'ok' || own === 'degraded' || own === 'starting';
  if (!fine && !(own === 'failing' && facts.onlyReadinessDown)) return own;
  const missing = service.dependsOn.filter((need) => isMissing(need, words));
  if (missing.some(({ required }) => required)) return 'affected';
  return own === 'ok' && missing.length > 0 ? 'degraded' : own;
}

function isMissing(need: Dependency, words: ReadonlyMap<string, State>): boolean {
  const word = words.get(need.service);
  if (word === undefined) return false;
  return broken.has(word) || word === 'affected' || word === 'stopped';
}
