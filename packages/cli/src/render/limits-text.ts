/** Limits and who holds them, in a few words: `mem 256M cgroup v2, cpus 0.5 watched`. */
import type { InstanceStatus, LimitStatus, ServiceStatus } from '@fettle/sdk/api/status';
import { formatBytes } from '../terminal/amount.ts';

const names: Readonly<Record<LimitStatus['limit'], string>> = {
  memory: 'mem',
  cpus: 'cpus',
  processes: 'tasks',
  'open-files': 'files',
};

/** The holder is said once for those that share it. */
export function limitsText({ limits = [] }: Pick<InstanceStatus, 'limits'>): string {
  const holders = Map.groupBy(limits, ({ by }) => by);
  return [...holders].map(([by, held]) => `${held.map(amountOf).join(' ')} ${by}`).join(', ');
}

function amountOf({ limit, value }: LimitStatus): string {
  return `${names[limit]} ${limit === 'memory' ? formatBytes(value) : value}`;
}

/** One sentence about limits that the kernel does not hold here; null: it holds them all. */
export function watchedText(services: readonly ServiceStatus[]): string | null {
  const watched = services.flatMap(({ name, instances }) =>
    instances.flatMap(({ limits = [] }) =>
      limits.filter(({ by }) => by === 'watched').map((limit) => ({ name, ...limit })),
    ),
  );
  const [first] = watched;
  if (first === undefined) return null;
  const who = [...new Set(watched.map(({ name }) => name))];
  const what = [...new Set(watched.map(({ limit }) => limit))];
  const whose = who.length <= 3 ? who.join(', ') : `${who.length} services`;
  return `limits of ${whose} (${what.join(', ')}) are watched, not held: ${first.why ?? 'no reason'}`;
}
