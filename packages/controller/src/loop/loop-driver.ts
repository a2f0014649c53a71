/**
 * The one place where the loop meets the world: takes events one by one, lets `stepLoop` decide,
 * writes what is to be kept, then runs the other effects. Translates, never decides.
 *
 * Events are taken in order and to the end; an effect's answer is a later event. What the records
 * say is on disk before anything is done (write-ahead); when it cannot be written, nothing is done.
 */
import type { LoopEffect } from '@fettle/core/loop-effect';
import type { LoopEvent } from '@fettle/core/loop-event';
import type { LoopState } from '@fettle/core/loop-state';
import { stepLoop } from '@fettle/core/loop-step';
import type { LoopRecord, Store } from '../store.ts';
import type { StepRecorder } from './capsules.ts';

export type OtherEffect = Exclude<LoopEffect, Readonly<{ kind: 'keep' | 'wake' | 'snapshot' }>>;

export type LoopDriver = Readonly<{
  take(event: LoopEvent): void;
  state: LoopState;
  stop(): void;
}>;

export type DriverOptions = Readonly<{
  state: LoopState;
  store: Pick<Store, 'keepRecords'>;
  /** Epoch ms that never jumps. */
  nowMs: () => number;
  run: (effect: OtherEffect, take: (event: LoopEvent) => void) => void;
  /** A record could not be written: the loop stands still until it can. */
  onTrouble: (cause: unknown) => void;
  /** Sees each step, for capsules; null: nobody does. */
  recorder: StepRecorder | null;
  /** After each event that changed an incident or a run. */
  onChange: () => void;
}>;

/** Ticks no nearer than this: an open incident must not make a busy loop. */
const shortestTickMs = 100;

export function openDriver(options: DriverOptions): LoopDriver {
  const { state, nowMs } = options;
  const queue: LoopEvent[] = [];
  let isTaking = false;
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;

  const wakeAt = (atMs: number): void => {
    if (timer !== null) clearTimeout(timer);
    const waitMs = Math.max(shortestTickMs, atMs - nowMs());
    timer = setTimeout(() => take({ kind: 'ticked' }), waitMs).unref();
  };
  const perform = (effects: readonly LoopEffect[]): void => {
    const records = effects.flatMap((effect): readonly LoopRecord[] =>
      effect.kind === 'keep' ? [effect.record] : [],
    );
    if (records.length > 0) options.store.keepRecords(records, Date.now());
    for (const effect of effects) {
      if (effect.kind === 'wake') wakeAt(effect.atMs);
      else if (effect.kind !== 'keep' && effect.kind !== 'snapshot') options.run(effect, take);
    }
    if (records.some(({ kind }) => kind === 'incident' || kind === 'run')) options.onChange();
  };
  const step = (event: LoopEvent): readonly LoopEffect[] => {
    const { recorder } = options;
    const atMs = nowMs();
    const seen = recorder?.before(event) ?? null;
    const snapshots = recorder?.wantsSnapshot() === true;
    const effects = stepLoop(state, event, atMs, { snapshots });
    recorder?.after({ event: seen, effects, state, nowMs: atMs });
    return effects;
  };
  const drain = (): void => {
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      const effects = step(event);
      try {
        perform(effects);
      } catch (cause) {
        options.onTrouble(cause);
      }
    }
  };
  const take = (event: LoopEvent): void => {
    if (isStopped) return;
    queue.push(event);
    if (isTaking) return;
    isTaking = true;
    try {
      drain();
    } finally {
      isTaking = false;
    }
  };
  wakeAt(nowMs());
  return {
    take,
    state,
    stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
