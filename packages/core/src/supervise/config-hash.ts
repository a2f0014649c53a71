/**
 * One short text that says whether a live run was started with the definition as it is now.
 *
 * Only what a process sees at its start counts; restart rules, checks and grace apply to a live
 * run without touching it. The leading version makes a later change of this recipe "unknown",
 * never "everything changed": an upgrade must not restart the stack.
 */
import { notifyWish } from '../stack/health-check.ts';
import type { Service } from '../stack/service.ts';
import { hash32 } from './prng.ts';

const RECIPE = '1:';

export function configHash(service: Service): string {
  const notify = notifyWish(service);
  const seen: readonly unknown[] = [
    service.command,
    service.workingDir,
    sortedEntries(service.environment),
    service.port,
    sortedEntries(service.limits),
    service.templates.map(({ from, to, mode }) =>
      mode === undefined ? [from, to] : [from, to, mode],
    ),
    service.dependsOn.map((dependency) => dependency.service).toSorted(),
    service.external,
    // A socket in its environment; left out where there is none, so that old hashes stay true.
    ...(notify === null ? [] : [notify]),
    // Only there: the hash of a process is what it was before there were containers.
    ...(service.container === undefined ? [] : [sorted(service.container)]),
    ...(service.given === undefined ? [] : [service.given]),
  ];
  const text = JSON.stringify(seen);
  const high = hash32(text, 0x811c9dc5).toString(16).padStart(8, '0');
  return RECIPE + high + hash32(text, 0x2f0b4c17).toString(16).padStart(8, '0');
}

/** True only when both were made by this recipe and differ. */
export function hashDiffers(ofRun: string, ofDefinition: string): boolean {
  return ofRun.startsWith(RECIPE) && ofRun !== ofDefinition;
}

/** The order in which a file names things is no change. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return sortedEntries(value).map(([key, inner]) => [key, sorted(inner)]);
}

function sortedEntries(record: object): readonly (readonly [string, unknown])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
