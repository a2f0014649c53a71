/**
 * Does a service's trouble sit in itself, or does it look like somebody else's?
 *
 * A process in state T, a missing module, a kill from outside: no dependency does that. A refused
 * connection in the log points away. Between the two the order in time and the graph decide.
 */
import type { Explained } from '../collect/observation.ts';
import type { Picture, ServicePicture } from '../collect/picture.ts';
import type { Symptom, SymptomKind } from '../detect/symptom.ts';
import { isEcho } from './is-echo.ts';

const inside: ReadonlySet<string> = new Set([
  'missing-module',
  'missing-variable',
  'missing-file',
  'missing-shared-library',
  'invalid-config-file',
  'invalid-settings',
  'syntax-error',
  'command-not-found',
  'not-executable',
  'bad-interpreter',
  'wrong-architecture',
  'runtime-too-old',
  'usage-error',
  'heap-limit',
  'memory-error',
  'memory-limit',
  'out-of-memory-kill',
  'too-many-open-files',
  'too-many-processes',
  'port-taken',
  'port-refused',
  'foreign-answer',
  'killed-from-outside',
  'terminated-from-outside',
  'memory-fault',
  'aborted',
  'spawn-failed',
  'continued',
]);
const outside: ReadonlySet<string> = new Set([
  'affected-by-dependency',
  'waiting-for-dependency',
  'refused-dependency',
  'refused-unnamed',
  'connection-timeout',
  'connection-reset',
  'unknown-host',
  'authentication-failed',
  'too-many-clients',
  'database-missing',
  'database-starting',
  'database-locked',
  'optional-missing',
]);
const insideKinds: ReadonlySet<SymptomKind> = new Set([
  'spawn-failed',
  'stopped',
  'listener-foreign',
  'port-moved',
  'schedule',
  'zombies',
  'forecast',
  'certificate',
]);

/** `inside`: surely its own; `outside`: points to somebody else; `open`: cannot be told from it. */
export type Seat = 'inside' | 'outside' | 'open';

export function seatOf(
  picture: Picture,
  name: string,
  symptoms: readonly Symptom[],
  nowMs: number,
): Seat {
  const service = picture.services.get(name);
  if (service === undefined) return 'inside';
  if (symptoms.some(({ kind, severity }) => insideKinds.has(kind) && severity === 'error'))
    return 'inside';
  if (isStopped(service) || endedFromOutside(service, nowMs)) return 'inside';
  if (burns(service, nowMs)) return 'inside';
  const cause = causeLately(service, nowMs);
  if (cause !== null && inside.has(cause)) return 'inside';
  return cause !== null && outside.has(cause) ? 'outside' : 'open';
}

function isStopped(service: ServicePicture): boolean {
  return [...service.instances.values()].some(({ processState }) => processState === 'T');
}

/** A closer look met a thread that runs in circles: nobody else makes it do so. */
function burns({ exam }: ServicePicture, nowMs: number): boolean {
  if (exam === null || nowMs - exam.atMs > 120_000) return false;
  return exam.processes.some(({ ours, cpu, busyThreads }) => ours && busyThreads > 0 && cpu >= 0.8);
}

/** By a signal that Fettle did not send, and not by its own abort. */
function endedFromOutside(service: ServicePicture, nowMs: number): boolean {
  const end = service.ends.at(-1);
  if (end === undefined || nowMs - end.atMs > 120_000 || end.endedBy !== null) return false;
  if (end.atMs < troubledFromMs(service)) return false;
  return /^SIG(?:KILL|TERM|INT|HUP|SEGV|BUS|ABRT)$/.test(end.posixSignal ?? '');
}

/** What `why` says now, else what it said of the last end. */
function causeLately(service: ServicePicture, nowMs: number): string | null {
  const fromMs = troubledFromMs(service);
  const tells = (why: Explained): boolean => why.confidence >= 0.6 && !isEcho(why, fromMs);
  const now = service.why;
  if (now !== null && tells(now)) return now.cause;
  const last = service.whys.findLast(({ atMs, why }) => nowMs - atMs < 300_000 && tells(why));
  return last?.why.cause ?? null;
}

const troubleLeadMs = 15_000;

/**
 * It was well in between: what ended before its present trouble is another story. 0: no trouble.
 */
function troubledFromMs({ unhealthySinceMs }: ServicePicture): number {
  return unhealthySinceMs === null ? 0 : unhealthySinceMs - troubleLeadMs;
}
