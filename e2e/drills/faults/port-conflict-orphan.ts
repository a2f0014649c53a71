/** A child that inherited the listening socket outlives its parent and holds the port. */
import { existsSync } from 'node:fs';
import { act, reflex, type Fault } from '../fault.ts';
import { until } from '../drill-stack.ts';
import {
  hasService,
  killBehind,
  pickService,
  renewed,
  restartByHand,
  tellRun,
  treeOf,
  works,
} from '../hands.ts';

export const portConflictOrphan: Fault = {
  name: 'port_conflict_orphan',
  family: 'process',
  unfit: (stack) => (hasService(stack, 'python') ? null : 'no program that forks so'),
  async inject(stack, dice) {
    const victim = pickService(stack, dice, ['python']);
    const { service } = victim;
    const pid = await tellRun(stack, service, 'helper');
    const child = await until('the child', async () => treeOf(pid).find((one) => one !== pid));
    await killBehind(stack, service);
    const alive = (): boolean => existsSync(`/proc/${child}`);
    let outlived = alive();
    return {
      did: `${service} was killed, its child ${child} holds the port`,
      signal: {
        what: 'the child outlives its parent',
        shows: async () => (outlived ||= alive()),
      },
      // Who is quick sees only the end of the parent: the orphan is gone before the restart.
      expected: {
        classes: ['port_conflict_orphan', 'orphan_serving', 'crash'],
        targets: [service],
      },
      right: [reflex, act('process.kill'), act('service.start')],
      cured: async () => !alive() && renewed(stack, victim, pid)(),
      async undo() {
        stack.tell(service, '');
        if (alive()) process.kill(child, 'SIGKILL');
        if (!(await works(stack, victim))) await restartByHand(stack, service);
      },
      tempting: null,
    };
  },
};
