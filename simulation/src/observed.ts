/**
 * What an onlooker knows from the stream of events and effects alone: the checkers' own memory,
 * independent of the policy's state, so that the policy cannot vouch for itself.
 */
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import type { RunExit, StartReason } from '@fettle/core/supervise/run';
import { definitionOf, type FakeShell } from './fake-shell.ts';

export type SeenRun = {
  readonly token: string;
  readonly instance: string;
  readonly service: string;
  confirmed: boolean;
  /** An end was decided: it no longer counts as a dependency. */
  ending: boolean;
  ended: boolean;
  ready: boolean;
};

export type SeenInstance = {
  /** Counted restarts since the counters were cleared, monotonic ms. */
  counted: number[];
  /** All counted restarts of the last ten minutes, cleared only by people. */
  pace: number[];
  endedMs: number;
};

export type Observed = {
  readonly runs: Map<string, SeenRun>;
  /** Token of the last confirmed, unfinished run by instance. */
  readonly instances: Map<string, SeenInstance>;
  /** Service to the instances of it that are done. */
  readonly done: Map<string, Set<string>>;
  readonly externalReady: Set<string>;
};

export function createObserved(): Observed {
  return { runs: new Map(), instances: new Map(), done: new Map(), externalReady: new Set() };
}

export function seeEvent(seen: Observed, shell: FakeShell, event: SuperviseEvent): void {
  switch (event.kind) {
    case 'daemon-started':
      seeStart(seen, shell, event);
      return;
    case 'stack-applied':
      clearAll(seen);
      return;
    case 'command-given':
      // Replicas that are replaced one after another begin anew, the broken ones too.
      if (event.command === 'reset' || event.rolling === true) clearAll(seen, event.services);
      return;
    case 'run-spawned':
      patch(seen, event.token, { confirmed: true, ready: isReadyAtOnce(seen, shell, event.token) });
      return;
    case 'health-reported':
      if (event.token.startsWith('external:')) {
        const service = event.token.slice('external:'.length).replace(/\.\d+$/, '');
        if (event.ready) seen.externalReady.add(service);
        else seen.externalReady.delete(service);
      } else patch(seen, event.token, { ready: event.ready });
      return;
    case 'run-exited':
      seeExit(seen, event.token, event.exit, shell);
      return;
    case 'spawn-failed':
      patch(seen, event.token, { ended: true });
      return;
    default:
  }
}

export function seeEffect(seen: Observed, shell: FakeShell, effect: SuperviseEffect): void {
  if (effect.kind === 'spawn') {
    const service = serviceOf(effect.instance);
    seen.done.get(service)?.delete(effect.instance);
    seen.runs.set(effect.token, {
      token: effect.token,
      instance: effect.instance,
      service,
      confirmed: false,
      ending: false,
      ended: false,
      ready: false,
    });
  } else if (effect.kind === 'kill-tree' || effect.kind === 'signal') {
    patch(seen, effect.token, { ending: true });
  } else if (effect.kind === 'record' && effect.entry.kind === 'settled') {
    instanceOf(seen, effect.entry.instance).counted = [];
  } else if (effect.kind === 'record' && effect.entry.kind === 'reset') {
    clearAll(seen, [effect.entry.service]);
  } else if (effect.kind === 'record' && effect.entry.kind === 'ended') {
    seeExit(seen, effect.entry.token, effect.entry.exit, shell);
  }
}

export function instanceOf(seen: Observed, id: string): SeenInstance {
  let instance = seen.instances.get(id);
  if (instance === undefined) {
    instance = { counted: [], pace: [], endedMs: -1 };
    seen.instances.set(id, instance);
  }
  return instance;
}

export const COUNTED: ReadonlySet<StartReason> = new Set<StartReason>([
  'crash',
  'unexpected-exit',
  'unknown-exit',
  'hang',
  'memory-limit',
  'port-stolen',
  'hook-failed',
]);

export function serviceOf(instance: string): string {
  return instance.slice(0, instance.lastIndexOf('.'));
}

/** A new daemon knows the living and nothing of their health. */
function seeStart(
  seen: Observed,
  shell: FakeShell,
  event: Extract<SuperviseEvent, { kind: 'daemon-started' }>,
): void {
  seen.runs.clear();
  seen.externalReady.clear();
  for (const { token, instance, exit } of event.survivors) {
    if (exit !== null) {
      seeCode(seen, instance, exit, shell);
      continue;
    }
    const service = serviceOf(instance);
    const ready = definitionOf(shell, service)?.healthChecks.length === 0;
    const run = { token, instance, service, confirmed: true, ending: false, ended: false, ready };
    seen.runs.set(token, run);
  }
  if (shell.lostEntries) clearAll(seen);
}

function seeExit(seen: Observed, token: string, exit: RunExit, shell: FakeShell): void {
  const run = seen.runs.get(token);
  if (run === undefined || run.ended) return;
  run.ended = true;
  run.ready = false;
  instanceOf(seen, run.instance).endedMs = shell.world.clock.nowMs;
  seeCode(seen, run.instance, exit, shell);
  seen.runs.delete(token);
}

function seeCode(seen: Observed, instance: string, exit: RunExit, shell: FakeShell): void {
  const service = serviceOf(instance);
  if (exit.kind !== 'code' || exit.code !== 0 || !definitionOf(shell, service)?.oneShot) return;
  const done = seen.done.get(service) ?? new Set();
  seen.done.set(service, done.add(instance));
}

function isReadyAtOnce(seen: Observed, shell: FakeShell, token: string): boolean {
  const service = seen.runs.get(token)?.service;
  return service !== undefined && definitionOf(shell, service)?.healthChecks.length === 0;
}

function patch(seen: Observed, token: string, change: Partial<SeenRun>): void {
  const run = seen.runs.get(token);
  if (run !== undefined) Object.assign(run, change);
}

function clearAll(seen: Observed, services: readonly string[] = []): void {
  for (const [id, instance] of seen.instances) {
    if (services.length > 0 && !services.includes(serviceOf(id))) continue;
    instance.counted = [];
    instance.pace = [];
  }
}
