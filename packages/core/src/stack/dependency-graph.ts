/**
 * Who depends on whom, and whether that can be started at all.
 *
 * A start needs no layers: each service starts when its own conditions hold, so the start is as
 * wide as the graph allows. All that must be known ahead is that there is no cycle; a cycle is
 * refused with its path, because "there is a cycle" sends people searching.
 */
import type { Service } from './service.ts';

export type DependencyGraph = Readonly<{
  /** Names of the services that name this one in `depends_on`, in order of the file. */
  dependants: ReadonlyMap<string, readonly string[]>;
}>;

type Node = Readonly<Pick<Service, 'name' | 'dependsOn'>>;

export function dependencyGraph(services: readonly Node[]): DependencyGraph {
  const dependants = new Map<string, string[]>();
  for (const service of services) dependants.set(service.name, []);
  for (const service of services) {
    for (const { service: dependency } of service.dependsOn) {
      const list = dependants.get(dependency);
      if (list !== undefined && !list.includes(service.name)) list.push(service.name);
    }
  }
  return { dependants };
}

/**
 * The first cycle, as the path walked: `['api', 'db', 'api']`; null when there is none. Optional
 * dependencies count: they delay a start, too. Iterative, so a long chain cannot exhaust the stack.
 */
export function findCycle(services: readonly Node[]): readonly string[] | null {
  const byName = new Map(services.map((service) => [service.name, service]));
  const finished = new Set<string>();
  for (const start of services) {
    const path: { name: string; next: number }[] = [{ name: start.name, next: 0 }];
    const onPath = new Set([start.name]);
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const dependency = byName.get(top.name)?.dependsOn[top.next]?.service;
      top.next += 1;
      if (dependency === undefined) {
        finished.add(top.name);
        onPath.delete(top.name);
        path.pop();
      } else if (onPath.has(dependency)) {
        const names = path.map(({ name }) => name);
        return [...names.slice(names.indexOf(dependency)), dependency];
      } else if (!finished.has(dependency) && byName.has(dependency)) {
        path.push({ name: dependency, next: 0 });
        onPath.add(dependency);
      }
    }
  }
  return null;
}

/** Names such that each stands after all it depends on; undefined order inside a cycle. */
export function startOrder(services: readonly Node[]): readonly string[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const order: string[] = [];
  const seen = new Set<string>();
  for (const start of services) {
    const path = [{ name: start.name, next: 0 }];
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      seen.add(top.name);
      const dependency = byName.get(top.name)?.dependsOn[top.next]?.service;
      top.next += 1;
      if (dependency === undefined) {
        path.pop();
        if (byName.has(top.name) && !order.includes(top.name)) order.push(top.name);
      } else if (!seen.has(dependency) && byName.has(dependency)) {
        path.push({ name: dependency, next: 0 });
      }
    }
  }
  return order;
}
