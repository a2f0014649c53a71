/**
 * Moves an instance to another port because somebody asked, not because its own was refused: what
 * holds the port may be out of our sight (another address, another network namespace).
 *
 * The port that it had is kept out of the search, once: when no other is to be had, its own is
 * better than none. Dependants that were told the old port are restarted as after any move.
 */
import type { SuperviseEvent } from './event.ts';
import { askPort } from './ports.ts';
import { startNow } from './start-order.ts';
import { emit, type SuperviseState } from './state.ts';
import { endRun } from './stop-order.ts';

type PortMove = Extract<SuperviseEvent, { kind: 'port-move-asked' }>;

export function takePortMove(state: SuperviseState, event: PortMove): void {
  const instance = state.instances.get(event.instance);
  if (instance === undefined || instance.removing || state.goingDown) return;
  const { definition } = instance.service;
  if (definition.port === null || definition.external) return;
  const { to, actor } = event;
  const where = to === null ? 'another port' : `port ${to}`;
  emit(state, {
    kind: 'publish',
    notice: {
      kind: 'command-taken',
      command: `move ${instance.id} to ${where}`,
      services: [definition.name],
      actor,
    },
  });
  const had = instance.port.allocation?.port ?? null;
  if (to !== null && to === had) return;
  instance.port.move = { avoid: to === null ? had : null, to, actor, put: false };
  if (instance.run !== null) endRun(state, instance.run, 'operator-restart', false);
  else if (instance.phase === 'backing-off') startNow(state, instance, 'operator-restart');
  // A question that is out will be answered first; the answer is weighed against the wish.
  else if (instance.phase === 'waiting' && instance.port.asked === 'no')
    askPort(state, instance, true);
}
