/**
 * Gets each instance a port of its own and lets those who were told the old one know.
 *
 * A port is asked for early, while dependencies are still awaited, and tested again just before the
 * spawn when that was long ago. An instance that comes back waits a bounded time for its own dying
 * tree to let go, because moving would cost its dependants a restart.
 */
import { jitteredMs, backoffMs } from '@fettle/sdk/backoff';
import type { PortOwner } from '../stack/port.ts';
import { portQuestion, samePortQuestion, type PortQuestion } from '../stack/port-order.ts';
import { addressOf } from './environment.ts';
import type { SuperviseEvent } from './event.ts';
import { nextRandom } from './prng.ts';
import type { StartReason } from './run.ts';
import {
  arm,
  emit,
  touch,
  type Instance,
  type PortState,
  type Run,
  type SuperviseState,
} from './state.ts';
import { endRun } from './stop-order.ts';

/** A grant younger than this needs no second test before the spawn. */
export const GRANT_FRESH_MS = 1_000;
/** The shell answers at once; after this the question is put again. */
export const ANSWER_WAIT_MS = 10_000;
/** How often, and how many times, a dying tree is given to let go of its port. */
const ORPHAN_RETRY_MS = 250;
const ORPHAN_TRIES = 20;
/** A refused port is not asked for more often than this. */
const REFUSED_BASE_MS = 250;

type Granted = Extract<SuperviseEvent, { kind: 'port-granted' }>;
type Refused = Extract<SuperviseEvent, { kind: 'port-refused' }>;

/** Reasons of a fresh beginning: the preferred port is tried again, not just the last one. */
const FRESH_STARTS: ReadonlySet<StartReason> = new Set(['first-start', 'operator-start', 'reset']);

export function askPort(state: SuperviseState, instance: Instance, any = false): void {
  const { allocation, mayMove, move } = instance.port;
  const { definition } = instance.service;
  const held = instance.port.claimed && instance.port.grantedMs !== null;
  const keep =
    allocation !== null &&
    allocation.host === definition.port?.host &&
    !any &&
    !mayMove &&
    move === null &&
    (held || !FRESH_STARTS.has(instance.nextReason));
  const last = allocation?.port ?? state.lastPorts.get(instance.id) ?? null;
  const question = keep
    ? samePortQuestion(allocation.host, allocation.port)
    : wished(portQuestion(definition, state.stack?.reservedPorts ?? [], last), move);
  if (question === null) return;
  if (move !== null) move.put = true;
  instance.port.asked = keep ? 'same' : 'any';
  instance.port.retryMs = null;
  emit(state, {
    kind: 'find-port',
    instance: instance.id,
    ...question,
    taken: [...portsOfOthers(state, instance), ...kept(move)],
  });
  arm(state, `port:${instance.id}`, ANSWER_WAIT_MS);
}

export function isGrantFresh(state: SuperviseState, instance: Instance): boolean {
  const { claimed, grantedMs } = instance.port;
  return claimed && grantedMs !== null && state.at.nowMs - grantedMs <= GRANT_FRESH_MS;
}

export function takeGrant(state: SuperviseState, event: Granted): void {
  const instance = state.instances.get(event.instance);
  const held = instance?.port.claimed ? instance.port.allocation : null;
  if (instance === undefined || instance.port.asked === 'no' || instance.phase !== 'waiting') {
    if (held?.port !== event.port) {
      emit(state, { kind: 'release-port', instance: event.instance, port: event.port });
    }
    return;
  }
  const { port } = instance;
  const { move } = port;
  if (move !== null && !move.put) {
    // It answers a question that was put before the move was asked for.
    if (held?.port !== event.port) {
      emit(state, { kind: 'release-port', instance: instance.id, port: event.port });
    }
    askPort(state, instance, true);
    return;
  }
  const before = port.allocation;
  if (held !== null && held.port !== event.port) {
    emit(state, { kind: 'release-port', instance: instance.id, port: held.port });
  }
  const wasSame = before !== null && before.port === event.port;
  const fallbackFrom =
    event.refused ?? (wasSame && port.asked === 'same' ? before.fallbackFrom : null);
  const host = instance.service.definition.port?.host ?? '127.0.0.1';
  port.allocation = { instance: instance.id, port: event.port, host, fallbackFrom };
  port.trouble = fallbackFrom;
  port.claimed = true;
  port.asked = 'no';
  port.mayMove = false;
  port.move = null;
  port.grantedMs = state.at.nowMs;
  port.refusals = 0;
  port.orphanTries = 0;
  arm(state, `port:${instance.id}`, null);
  const lastPort = state.lastPorts.get(instance.id);
  if (lastPort !== event.port) {
    state.lastPorts.set(instance.id, event.port);
    emit(state, {
      kind: 'record',
      entry: { kind: 'port', instance: instance.id, port: event.port },
    });
  }
  const wish = move === null ? null : `${move.actor} asked for it`;
  if (before !== null && !wasSame) tellMove(state, instance, before.port, wish);
  state.advancing.add(instance);
  touch(state, instance, 'port-granted');
}

export function takeRefusal(state: SuperviseState, event: Refused): void {
  const instance = state.instances.get(event.instance);
  if (instance === undefined || instance.port.asked === 'no' || instance.phase !== 'waiting')
    return;
  const { port } = instance;
  const asked = port.asked;
  port.asked = 'no';
  if (asked === 'same') {
    const tree = runsOf(state, instance);
    if (isHeldByOwnTree(instance, event.refused.owner, tree) && port.orphanTries < ORPHAN_TRIES) {
      port.orphanTries += 1;
      if (port.orphanTries % 4 === 1) {
        for (const run of tree) emit(state, { kind: 'kill-tree', token: run.token });
      }
      retryPort(state, instance, ORPHAN_RETRY_MS);
    } else askPort(state, instance, true);
    return;
  }
  port.trouble = event.refused;
  port.refusals += 1;
  // No other port is to be had: its own is better than none.
  port.move = null;
  const { maxMs } = instance.service.definition.intensity.backoff;
  const ceilingMs = backoffMs({ baseMs: 2 * REFUSED_BASE_MS, maxMs }, port.refusals - 1);
  retryPort(state, instance, REFUSED_BASE_MS + jitteredMs(ceilingMs, nextRandom(state.prng)));
  touch(state, instance, 'port-refused');
}

/** The timer fired: an unanswered question is repeated, a refused one put again. */
export function retryDue(state: SuperviseState, instance: Instance): void {
  if (instance.phase !== 'waiting') return;
  if (instance.port.asked === 'no' && instance.port.retryMs === null) return;
  askPort(state, instance, instance.port.asked === 'any' || instance.port.trouble !== null);
}

/** The old tree has gone: what waited for its port need not wait for the timer. */
export function treeLetGo(state: SuperviseState, instance: Instance): void {
  if (instance.phase === 'waiting' && instance.port.retryMs !== null && instance.port.orphanTries) {
    askPort(state, instance);
  }
}

/** Stopped for good: others may have the port; the allocation is remembered. */
export function releasePort(state: SuperviseState, instance: Instance): void {
  const { port } = instance;
  if (port.asked !== 'no' || port.retryMs !== null) arm(state, `port:${instance.id}`, null);
  if (port.claimed && port.allocation !== null) {
    emit(state, { kind: 'release-port', instance: instance.id, port: port.allocation.port });
  }
  port.claimed = false;
  port.asked = 'no';
  port.retryMs = null;
  port.grantedMs = null;
}

/** The definition asks for no port any more. */
export function forgetPort(state: SuperviseState, instance: Instance): void {
  if (instance.port.allocation === null) return;
  releasePort(state, instance);
  instance.port.allocation = null;
  instance.port.trouble = null;
}

/** Restarts every run whose environment names another port than the service has now. */
export function tellDependants(state: SuperviseState, service: string): readonly string[] {
  const record = state.services.get(service);
  const current = record === undefined ? null : (addressOf(record)?.port ?? null);
  const told: string[] = [];
  for (const name of state.graph.dependants.get(service) ?? []) {
    for (const instance of state.services.get(name)?.instances.values() ?? []) {
      const known = instance.run?.told.get(service);
      if (instance.run === null || known === undefined || known === current) continue;
      endRun(state, instance.run, 'dependency-moved', false);
      if (!told.includes(name)) told.push(name);
    }
  }
  return told;
}

function kept(move: PortState['move']): readonly number[] {
  return move === null || move.avoid === null ? [] : [move.avoid];
}

function wished(question: PortQuestion | null, move: PortState['move']): PortQuestion | null {
  if (question === null || move === null || move.to === null) return question;
  const candidates = [{ from: move.to, to: move.to }, ...question.candidates];
  return { ...question, last: move.to, candidates };
}

function tellMove(
  state: SuperviseState,
  instance: Instance,
  from: number,
  wish: string | null,
): void {
  const { allocation } = instance.port;
  if (allocation === null) return;
  const dependants = tellDependants(state, instance.service.definition.name);
  const refused = allocation.fallbackFrom;
  emit(state, {
    kind: 'publish',
    notice: {
      kind: 'port-moved',
      service: instance.service.definition.name,
      instance: instance.id,
      from,
      to: allocation.port,
      why:
        wish ??
        (refused === null
          ? `${allocation.port} is free again or newly asked for`
          : `${refused.port} is taken by ${ownerInWords(refused.owner)}`),
      dependants,
    },
  });
}

export function ownerInWords(owner: PortOwner): string {
  if (owner.kind === 'ours' && owner.instance !== null) return owner.instance;
  if (owner.pid === null) return 'a process that we may not see';
  const command = owner.command === null ? '' : ` (${owner.command})`;
  return `pid ${owner.pid}${command}`;
}

function retryPort(state: SuperviseState, instance: Instance, delayMs: number): void {
  instance.port.retryMs = state.at.nowMs + delayMs;
  arm(state, `port:${instance.id}`, delayMs);
}

function runsOf(state: SuperviseState, instance: Instance): readonly Run[] {
  return [...state.runs.values()].filter((run) => run.instanceId === instance.id && !run.treeGone);
}

/** An owner that nobody can name is taken for the old tree while that is known to be there. */
function isHeldByOwnTree(instance: Instance, owner: PortOwner, tree: readonly Run[]): boolean {
  if (owner.kind === 'orphan') return true;
  if (owner.kind === 'ours') return owner.instance === instance.id;
  return owner.kind === 'unknown' && tree.length > 0;
}

function portsOfOthers(state: SuperviseState, instance: Instance): readonly number[] {
  const ports: number[] = [];
  for (const other of state.instances.values()) {
    if (other !== instance && other.port.allocation !== null)
      ports.push(other.port.allocation.port);
  }
  return ports;
}
