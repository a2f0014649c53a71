/**
 * The loop: events into `step`, its effects into the world, in order.
 *
 * Events are decided at once; effects wait in one queue, so that a hundred spawns (1.5 ms each)
 * let exits and requests in between. Everything here is synchronous but the search for a port.
 * The start of the controller keeps two cores busy for half a second, so it comes after the starts
 * of the services that wait in the same queue.
 */
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import { step, type SuperviseState } from '@fettle/core/supervise/step';
import type { Run } from '@fettle/core/supervise/state';
import { monotonicMs, readClocks } from './clock.ts';
import { controllerInstance } from './controller-service.ts';
import { log } from './own-log.ts';

export type Driver = Readonly<{
  handle(event: SuperviseEvent): void;
  /** Effects not yet carried out. */
  backlog(): number;
  /** Is a crowd being started? Until the last of it is born. */
  isCrowded(): boolean;
  stop(): void;
}>;

/**
 * Carries out everything but `arm`, which is the driver's own. `crowd`: how a spawn stands among
 * others that wait in the queue; null: it is alone, or no spawn.
 */
export type Perform = (effect: Exclude<SuperviseEffect, { kind: 'arm' }>, crowd: Crowd) => void;
/** `last`: no other of its crowd follows. */
export type Crowd = 'member' | 'last' | null;

type SpawnEffect = Extract<SuperviseEffect, { kind: 'spawn' }>;

/** Effects run this long before others get their turn. */
const sliceMs = 4;
/** So many spawns in the queue are a crowd, until the last of them. */
const minCrowd = 8;
/** While others are being born, the controller looks this often whether it is its turn. */
const politeLookMs = 20;
/** The controller waits for others no longer than this. */
const maxPoliteMs = 2_000;
/** Longest wait that a Node timer takes; what lies further ahead is armed again. */
const maxTimerMs = 2_000_000_000;

export function createDriver(state: SuperviseState, perform: Perform): Driver {
  let queue: SuperviseEffect[] = [];
  let polite: Readonly<{ effect: SpawnEffect; sinceMs: number }>[] = [];
  let draining = false;
  let scheduled: NodeJS.Immediate | null = null;
  let spawnsWaiting = 0;
  let inCrowd = false;
  let isCrowded = false;
  let politeLook: NodeJS.Timeout | null = null;
  const timers = new Map<string, NodeJS.Timeout>();

  const arm = (timer: string, atMs: number | null): void => {
    clearTimeout(timers.get(timer));
    timers.delete(timer);
    if (atMs === null) return;
    const waitMs = Math.max(0, Math.ceil(atMs - monotonicMs()));
    const fire = (): void => {
      timers.delete(timer);
      if (waitMs > maxTimerMs) arm(timer, atMs);
      else handle({ kind: 'timer-fired', timer });
    };
    timers.set(timer, setTimeout(fire, Math.min(waitMs, maxTimerMs)));
  };

  const performPolite = (): void => {
    const due = polite;
    polite = [];
    for (const { effect } of due) perform(effect, null);
  };
  const isPoliteOver = (): boolean => {
    const [first] = polite;
    if (first === undefined) return false;
    if (performance.now() - first.sinceMs > maxPoliteMs) return true;
    return queue.length === 0 && !someUnborn(state);
  };
  const lookAtPolite = (): void => {
    politeLook = null;
    if (scheduled === null) drain();
  };
  const crowdOf = (effect: SuperviseEffect): Crowd => {
    if (effect.kind !== 'spawn') return null;
    inCrowd ||= spawnsWaiting >= minCrowd;
    isCrowded ||= inCrowd;
    spawnsWaiting -= 1;
    if (!inCrowd) return null;
    inCrowd = spawnsWaiting > 0;
    return inCrowd ? 'member' : 'last';
  };
  /** Nobody can be signalled before it was started. */
  const isAbout = (effect: SuperviseEffect): boolean =>
    'token' in effect && polite.some((waiting) => waiting.effect.token === effect.token);

  const drain = (): void => {
    scheduled = null;
    draining = true;
    const untilMs = performance.now() + sliceMs;
    let done = 0;
    try {
      while (done < queue.length) {
        const effect = queue[done];
        done += 1;
        if (effect === undefined) continue;
        if (effect.kind === 'arm') arm(effect.timer, effect.atMs);
        else if (effect.kind === 'spawn' && !isCrowding(effect))
          polite.push({ effect, sinceMs: performance.now() });
        else {
          if (isAbout(effect)) performPolite();
          perform(effect, crowdOf(effect));
        }
        if (performance.now() > untilMs) break;
      }
    } finally {
      queue = queue.slice(done);
      if (isPoliteOver()) performPolite();
      else if (polite.length > 0) politeLook ??= setTimeout(lookAtPolite, politeLookMs);
      draining = false;
    }
    if (queue.length > 0) scheduled ??= setImmediate(drain);
  };

  const handle = (event: SuperviseEvent): void => {
    const effects = step(state, event, readClocks());
    // Not spread: one event may start a thousand services.
    for (const effect of effects) {
      queue.push(effect);
      if (isCrowding(effect)) spawnsWaiting += 1;
    }
    if (!draining && scheduled === null && queue.length > 0) drain();
  };

  return {
    handle,
    backlog: () => queue.length + polite.length,
    isCrowded() {
      isCrowded &&= inCrowd || someUnborn(state);
      return isCrowded;
    },
    stop() {
      if (scheduled !== null) clearImmediate(scheduled);
      if (politeLook !== null) clearTimeout(politeLook);
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      if (queue.length > 0) log('info', 'stopped with work left', { count: queue.length });
      queue = [];
    },
  };
}

/** The controller stands outside: it waits for all others. */
function isCrowding(effect: SuperviseEffect): boolean {
  return effect.kind === 'spawn' && effect.instance !== controllerInstance;
}

/** A container's image may take minutes to come. */
function isQuick({ instanceId, instance }: Run): boolean {
  return !instanceId.startsWith('@') && instance?.service.definition.container === undefined;
}

/** Was a spawn asked for that nobody has answered yet? */
function someUnborn({ runs, hooks }: SuperviseState): boolean {
  for (const run of runs.values())
    if (!run.confirmed && run.exit === null && isQuick(run))
      // A hook before a start may take minutes: nobody waits for that.
      if (!hooks.has(`before_start/${run.token}`)) return true;
  return false;
}
