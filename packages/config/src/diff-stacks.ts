/**
 * Says what an edit of the config would do, service by service: the same decision that the
 * supervisor takes at `apply`, in words that name keys and never values.
 */
import type { Stack } from '@fettle/core/stack/service';
import { compareServices } from '@fettle/core/supervise/changes';

export type StackDifference = Readonly<{
  service: string;
  /** `restarted` needs a new process; `updated` applies to the live one. */
  change: 'added' | 'removed' | 'restarted' | 'updated';
  /** `environment DB_HOST changed`; empty for added and removed. */
  why: readonly string[];
}>;

/** `before` null: nothing was applied yet. Unchanged services are left out. */
export function diffStacks(before: Stack | null, after: Stack): readonly StackDifference[] {
  const old = new Map((before?.services ?? []).map((service) => [service.name, service]));
  const names = new Set(after.services.map(({ name }) => name));
  const differences: StackDifference[] = [];
  for (const service of after.services) {
    const previous = old.get(service.name);
    if (previous === undefined) {
      differences.push({ service: service.name, change: 'added', why: [] });
      continue;
    }
    const { change, why } = compareServices(previous, service);
    if (change !== 'unchanged')
      differences.push({ service: service.name, change, why: why.split(/, | and (?=\d)/) });
  }
  for (const name of old.keys())
    if (!names.has(name)) differences.push({ service: name, change: 'removed', why: [] });
  return differences;
}
