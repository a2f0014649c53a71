/**
 * What an edit of the stack means for a service: restart it, or let the live run be; and why, in
 * words that name the key but never a value, for values may be secret.
 */
import type { Service } from '../stack/service.ts';
import { configHash } from './config-hash.ts';

export type ServiceChange = Readonly<{
  change: 'restarted' | 'updated' | 'unchanged';
  /** `environment DB_HOST changed`; empty when unchanged. */
  why: string;
}>;

/** At most this many reasons are listed; the rest is counted. */
const REASONS_SHOWN = 4;

export function compareServices(before: Service, after: Service): ServiceChange {
  if (configHash(before) !== configHash(after)) {
    const reasons = restartReasons(before, after);
    return { change: 'restarted', why: inWords(reasons.length > 0 ? reasons : ['definition']) };
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof Service)[]);
  const updates = [...keys]
    .filter((key) => key !== 'place' && !same(before[key], after[key]))
    .map((key) => `${WORDS[key] ?? key} changed`);
  return updates.length > 0
    ? { change: 'updated', why: inWords(updates) }
    : { change: 'unchanged', why: '' };
}

function restartReasons(before: Service, after: Service): readonly string[] {
  const reasons: string[] = [];
  for (const key of ['command', 'workingDir', 'port', 'templates', 'given', 'external'] as const) {
    if (!same(before[key], after[key])) reasons.push(`${WORDS[key] ?? key} changed`);
  }
  if (before.container?.image !== after.container?.image) reasons.push('image changed');
  else if (!same(before.container, after.container)) reasons.push('container changed');
  reasons.push(...keyReasons('environment', before.environment, after.environment));
  for (const key of Object.keys(after.limits) as (keyof Service['limits'])[]) {
    if (before.limits[key] !== after.limits[key]) {
      reasons.push(`limit ${LIMIT_WORDS[key]} changed`);
    }
  }
  const namesBefore = before.dependsOn.map(({ service }) => service);
  const namesAfter = after.dependsOn.map(({ service }) => service);
  for (const name of namesAfter) {
    if (!namesBefore.includes(name)) reasons.push(`depends_on ${name} added`);
  }
  for (const name of namesBefore) {
    if (!namesAfter.includes(name)) reasons.push(`depends_on ${name} removed`);
  }
  return reasons;
}

function keyReasons(
  what: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  const reasons: string[] = [];
  for (const key of Object.keys(after)) {
    if (!Object.hasOwn(before, key)) reasons.push(`${what} ${key} added`);
    else if (before[key] !== after[key]) reasons.push(`${what} ${key} changed`);
  }
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) reasons.push(`${what} ${key} removed`);
  }
  return reasons;
}

function inWords(reasons: readonly string[]): string {
  const rest = reasons.length - REASONS_SHOWN;
  const shown = reasons.slice(0, REASONS_SHOWN).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || canonical(a) === canonical(b);
}

/** JSON with sorted keys: the order in which a file names things is no change. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const LIMIT_WORDS: Readonly<Record<keyof Service['limits'], string>> = {
  memoryBytes: 'memory',
  cpus: 'cpus',
  openFiles: 'open files',
  processes: 'processes',
  userProcesses: 'processes of the user',
};

/** Keys as the config file spells them. */
const WORDS: Readonly<Partial<Record<keyof Service, string>>> = {
  workingDir: 'working_dir',
  given: 'secrets or configs',
  dependsOn: 'depends_on',
  healthChecks: 'health',
  stopSignal: 'stop_signal',
  stopGraceMs: 'stop_grace_period',
  intensity: 'restart intensity',
  oneShot: 'kind of job',
  minReplicas: 'least replicas',
  maxReplicas: 'most replicas',
  portClass: 'port class',
  externalUrl: 'external address',
};
