/**
 * Has a service read its configuration again, by the signal that it minds (SIGHUP unless told). A
 * process without a handler would be ended by it, so there the means are absent.
 */
import { constants } from 'node:os';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { noMeans } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { minds, processesOf } from './own-processes.ts';
import { processSignal } from './process-signal.ts';
import { instancesOf, serviceOf, targetOf } from './supervised-service.ts';

export const serviceReload: Action = {
  name: 'service.reload',
  describe: (params) => `reload ${targetOf(params)}`,
  plan(params, world) {
    const target = targetOf(params);
    const pids = ownPids(target, world);
    const lacks = deafOnes(params, world).length > 0 ? `a handler for ${signalOf(params)}` : null;
    const command = `kill -${signalOf(params).replace('SIG', '')} ${pids.join(' ')}`;
    const text = `send ${signalOf(params)} to ${target}, which reads its files again`;
    return Promise.resolve(plan(text, command, [target], lacks));
  },
  capture(params, world): Promise<Value> {
    const [deaf] = deafOnes(params, world);
    if (deaf === undefined) return processSignal.capture(asSignal(params), world);
    throw noMeans(
      `pid ${deaf} of ${targetOf(params)} does not mind ${signalOf(params)}: it would end`,
      'Restart it instead.',
    );
  },
  apply: (params, capture, context) => processSignal.apply(asSignal(params), capture, context),
  undo: null,
  observe: (params, capture, context) => processSignal.observe(asSignal(params), capture, context),
};

/** Can it be told to read its files again? */
export function canReload(service: string, world: ActionWorld): boolean {
  const pids = ownPids(service, world);
  return pids.length > 0 && deafOnes({ target: service }, world).length === 0;
}

function asSignal(params: ActParams): ActParams {
  return { target: targetOf(params), signal: signalOf(params) };
}

function signalOf(params: ActParams): NodeJS.Signals {
  const word = String(params['signal'] ?? 'HUP').toUpperCase();
  return (word.startsWith('SIG') ? word : `SIG${word}`) as NodeJS.Signals;
}

function ownPids(target: string, world: ActionWorld): readonly number[] {
  const { name } = serviceOf(world, target);
  return instancesOf(world, name).flatMap((view) => processesOf(view)[0]?.pid ?? []);
}

function deafOnes(params: ActParams, world: ActionWorld): readonly number[] {
  const signalNumber = constants.signals[signalOf(params)] ?? 1;
  return ownPids(targetOf(params), world).filter((pid) => minds(pid, signalNumber) !== true);
}
