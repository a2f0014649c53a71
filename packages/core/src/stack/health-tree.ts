/**
 * One word for a tree of components, without recursion: a component's own health and that of what
 * it needs, the worst winning; an optional part degrades at most. Cycles are refused at load time,
 * and one that slips through ends the walk instead of the daemon.
 */
import type { Health } from './health-check.ts';

export type Component = Readonly<{
  id: string;
  /** Its own health, dependencies left out. */
  own: Health;
  /** An optional component degrades whatever holds it, never more. */
  required: boolean;
  needs: readonly Readonly<{ id: string; required: boolean }>[];
}>;

const rank: Readonly<Record<Health, number>> = {
  healthy: 0,
  unknown: 1,
  degraded: 2,
  unhealthy: 3,
};

/** By component id; `''` is the whole stack. Needs that name no component are ignored. */
export function aggregateHealth(components: readonly Component[]): ReadonlyMap<string, Health> {
  const health = new Map<string, Health>(components.map(({ id, own }) => [id, own]));
  // Bellman-Ford style: after n rounds the longest chain has settled.
  for (let round = 0; round < components.length; round += 1) {
    let changed = false;
    for (const component of components) {
      const next = worst(component, health);
      if (next === health.get(component.id)) continue;
      health.set(component.id, next);
      changed = true;
    }
    if (!changed) break;
  }
  let whole: Health = components.length === 0 ? 'unknown' : 'healthy';
  for (const { id, required } of components) whole = worse(whole, felt(health.get(id), required));
  health.set('', whole);
  return health;
}

function worst(component: Component, health: ReadonlyMap<string, Health>): Health {
  let result = component.own;
  for (const need of component.needs) {
    const other = health.get(need.id);
    if (other === undefined || need.id === component.id) continue;
    result = worse(result, felt(other, need.required));
  }
  return result;
}

function felt(health: Health | undefined, required: boolean): Health {
  if (health === undefined) return 'unknown';
  if (required || health === 'healthy') return health;
  return health === 'unknown' ? 'healthy' : 'degraded';
}

function worse(a: Health, b: Health): Health {
  return rank[a] >= rank[b] ? a : b;
}
