/**
 * `listening(port)`, `owner(port)`, `port_free(port)`: from the kernel's table, so that nothing is
 * bound for the question's sake.
 */
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { conceal } from '../../conceal.ts';
import { listenersOn } from '@fettle/proc/listeners';
import { ownerOfPort } from '@fettle/proc/port-owner';
import type { ActionWorld } from '../actions/action-world.ts';
import { isOwnToken } from '../actions/own-processes.ts';
import { numberArgument, type ShellFact } from './shell-fact.ts';

const everywhere = '0.0.0.0';

function isTaken(port: number | null): boolean | null {
  if (port === null) return null;
  const listeners = listenersOn(everywhere, port, 0);
  return listeners === null ? null : listeners.length > 0;
}

export const listening: ShellFact = {
  name: 'listening',
  answer: (args) => Promise.resolve(isTaken(numberArgument(args, 0))),
};

export const portFree: ShellFact = {
  name: 'port_free',
  answer(args) {
    const taken = isTaken(numberArgument(args, 0));
    return Promise.resolve(taken === null ? null : !taken);
  },
};

export const owner: ShellFact = {
  name: 'owner',
  answer: (args, { world }) => Promise.resolve(ownerOf(numberArgument(args, 0), world)),
};

function ownerOf(port: number | null, world: ActionWorld): Value {
  if (port === null) return null;
  const holder = ownerOfPort(port, everywhere);
  if (holder === null) return { kind: 'none', pid: null, command: null };
  const { pid, token } = holder;
  const command = holder.command === null ? null : conceal(holder.command);
  if (pid === null) return { kind: 'unknown', pid, command };
  const views = world.link.instances();
  const isOurs = views.some(
    (view) => view.pid === pid || view.shimPid === pid || (token !== null && view.token === token),
  );
  const kind = isOurs ? 'ours' : isOwnToken(world, token) ? 'orphan' : 'foreign';
  return { kind, pid, command };
}
