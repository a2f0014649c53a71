/**
 * When half of the stack turned unhealthy together there is one cause: only the graph's root may
 * be acted on, and where no root shows, a person is called. Leaves would be healed in vain, or the
 * monitor itself is ill. Sources: Kubernetes node controller (zone threshold), Amazon "fail open".
 */
import type { Gate } from '../gate-input.ts';

export const cascade: Gate = {
  name: 'cascade',
  ask: ({ facts, targets }) => {
    const many = facts.cascade;
    if (many === null) return { text: 'no cascade', stop: null };
    const what = `${many.members.length} of ${many.total} services turned unhealthy together`;
    if (many.roots.length === 0)
      return {
        text: `${what}, no root shows`,
        stop: { kind: 'escalate', reason: `${what} and no common root shows` },
      };
    const root = targets[0] ?? '';
    // The host and its disks lie below every service.
    if (root.startsWith('@') || many.roots.includes(root))
      return { text: `${what}; ${root} is at the root`, stop: null };
    const stop = { kind: 'refuse', gate: 'cascade' } as const;
    return { text: `${what}; the root is ${many.roots.join(', ')}, not ${root}`, stop };
  },
};
