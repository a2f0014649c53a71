/** What picture facts share: finding a service by the name that an expression gives. */
import type { InstancePicture, ServicePicture } from '../../collect/picture.ts';
import type { Value } from '../expression/expression.ts';
import type { FactParam, FactWorld } from './fact.ts';

export const serviceParam: FactParam = { name: 'service', type: 'string' };

/** An instance's name (`api.1`) stands for its service. null: there is no such service. */
export function serviceOf(world: FactWorld, name: Value | undefined): ServicePicture | null {
  if (typeof name !== 'string') return null;
  const { services } = world.picture;
  return services.get(name) ?? services.get(name.replace(/\.\d+$/, '')) ?? null;
}

/** Those that are to run, in order of their number. */
export function instancesOf(service: ServicePicture): readonly InstancePicture[] {
  return [...service.instances.values()].toSorted((a, b) => a.view.replica - b.view.replica);
}

/** The moment after which samples count: the clean window's start, else `withinMs` back. */
export function sinceOf(world: FactWorld, within: Value | undefined, usualMs: number): number {
  if (typeof within === 'number') return world.nowMs - Math.max(0, within);
  return world.sinceMs ?? world.nowMs - usualMs;
}
