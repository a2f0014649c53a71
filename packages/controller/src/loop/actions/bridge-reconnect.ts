/**
 * Has a bridge drop its link and dial again: by the signal that the label `fettle.reconnect`
 * names and it has a handler for, else by a restart, which loses what it buffers in memory.
 */
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { serviceReload } from './service-reload.ts';
import { serviceRestart } from './service-restart.ts';
import { serviceOf, targetOf } from './supervised-service.ts';
import { isRecord } from './value-shape.ts';

const label = 'fettle.reconnect';

export const bridgeReconnect: Action = {
  name: 'bridge.reconnect',
  describe: (params) => `have ${targetOf(params)} dial again`,
  async plan(params, world) {
    const target = targetOf(params);
    const posixSignal = await signalFor(params, world);
    if (posixSignal !== null) {
      const { command } = await serviceReload.plan({ target, signal: posixSignal }, world);
      return plan(`have ${target} dial again, by ${posixSignal}`, command, [target]);
    }
    const text = `restart ${target}, so that it dials again; what it buffers in memory is lost`;
    return plan(text, `fettle restart ${target}`, [target]);
  },
  async capture(params, world) {
    const posixSignal = await signalFor(params, world);
    const target = targetOf(params);
    const inner =
      posixSignal === null
        ? await serviceRestart.capture({ target }, world)
        : await serviceReload.capture({ target, signal: posixSignal }, world);
    return { signal: posixSignal, inner };
  },
  apply(params, capture, context) {
    const { action, inner, given } = parts(params, capture);
    return action.apply(given, inner, context);
  },
  undo: null,
  observe(params, capture, context) {
    const { action, inner, given } = parts(params, capture);
    return action.observe(given, inner, context);
  },
};

/** null: no label, or the bridge has no handler for that signal. */
async function signalFor(params: ActParams, world: ActionWorld): Promise<string | null> {
  const target = targetOf(params);
  const named = serviceOf(world, target).labels[label];
  if (named === undefined) return null;
  const { means } = await serviceReload.plan({ target, signal: named }, world);
  return means === 'present' ? named : null;
}

function parts(params: ActParams, capture: Value) {
  const target = targetOf(params);
  const posixSignal = isRecord(capture) ? (capture['signal'] ?? null) : null;
  const inner = isRecord(capture) ? (capture['inner'] ?? null) : null;
  return typeof posixSignal === 'string'
    ? { action: serviceReload, inner, given: { target, signal: posixSignal } }
    : { action: serviceRestart, inner, given: { target } };
}
