/** Does nothing for a while: time is the cure of what passes. Bounded by the step's time-out. */
import { setTimeout as delay } from 'node:timers/promises';
import { plan, type Action } from './action.ts';
import { durationOf } from './supervised-service.ts';

const defaultMs = 10_000;

export const wait: Action = {
  name: 'wait',
  describe: (params) => `wait ${durationOf(params, 'for') ?? defaultMs} ms`,
  plan(params) {
    const seconds = (durationOf(params, 'for') ?? defaultMs) / 1_000;
    return Promise.resolve(plan(`wait ${seconds} s, then go on`, `sleep ${seconds}`, []));
  },
  capture: () => Promise.resolve(null),
  async apply(params, _capture, { signal }) {
    const ms = durationOf(params, 'for') ?? defaultMs;
    await delay(ms, null, { signal }).catch(() => null);
    return signal.aborted ? 'waited until the time for the step was over' : `waited ${ms} ms`;
  },
  undo: () => Promise.resolve('nothing was changed'),
  observe: () => Promise.resolve('not-done'),
};
