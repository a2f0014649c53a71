/**
 * The loop: events into `step`, its effects into the world, in order.
 *
 * Events are decided at once; effects wait in one queue, so that a hundred spawns (1.5 ms each)
 * let exits and requests in between. Everything here is synchronous but the search for a port.
 */
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import { step, type SuperviseState } from '@fettle/core/supervise/step';
import { monotonicMs, readClocks } from './clock.ts';
import { log } from './own-log.ts';

export type Driver = Readonly<{
  handle(event: SuperviseEvent): void;
  /** Effects not yet carried out. */
  backlog(): number;
  stop(): void;
}>;

/** Carries out everything but `arm`, which is the driver's own. */
export type Perform = (effect: Exclude<SuperviseEffect, { kind: 'arm' }>) => void;

/** Effects run this long before others get their turn. */
const sliceMs = 4;
/** Longest wait that a Node timer takes; what lies further ahead is armed again. */
const maxTimerMs = 2_000_000_000;

export function createDriver(state: SuperviseState, perform: Perform): Driver {
  let queue: SuperviseEffect[] = [];
  let draining = false;
  let scheduled: NodeJS.Immediate | null = null;
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
        else perform(effect);
        if (performance.now() > untilMs) break;
      }
    } finally {
      queue = queue.slice(done);
      draining = false;
    }
    if (queue.length > 0) scheduled ??= setImmediate(drain);
  };

  const handle = (event: SuperviseEvent): void => {
    const effects = step(state, event, readClocks());
    // Not spread: one event may start a thousand services.
    for (const effect of effects) queue.push(effect);
    if (!draining && scheduled === null && queue.length > 0) drain();
  };

  return {
    handle,
    backlog: () => queue.length,
    stop() {
      if (scheduled !== null) clearImmediate(scheduled);
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      if (queue.length > 0) log('info', 'stopped with work left', { count: queue.length });
      queue = [];
    },
  };
}
