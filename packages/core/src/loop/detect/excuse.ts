/**
 * What needs no explaining because a person asked for it: a service that is to be down, one that an
 * operator has just restarted, and what suffers from either.
 *
 * What our own acts bring about is not excused here but attributed (`attribution.ts`): a restart of
 * ours that does not help must be seen not to help.
 */
import type { Picture, ServicePicture } from '../collect/picture.ts';
import { dependenciesOf } from '../collect/service-relations.ts';
import type { OwnAct } from './attribution.ts';
import type { Sign } from './detector.ts';
import type { SymptomKind } from './symptom.ts';

/** `excused`: no symptom. `quiet`: of an intent or something optional: told, starting nothing. */
export type Excuse = 'none' | 'quiet' | 'excused';

/** A planned restart may take this long; it is over as soon as the new run is healthy. */
const plannedMs = 60_000;
/** Those who use it need a moment to notice that it is back. */
const echoMs = 15_000;
/** An end this long after an act is still the act's. */
const actMs = 5_000;

/** Ends that somebody decided, none for the service's own fault. */
const plannedEnds: ReadonlySet<string> = new Set([
  'operator-stop',
  'operator-restart',
  'config-changed',
  'dependency-restarted',
  'dependency-moved',
  'scaled-down',
  'removed',
  'stack-down',
  'replaced',
]);

/** Facts of their own, whoever asked for a restart. */
const neverExcused: ReadonlySet<SymptomKind> = new Set([
  'exit',
  'crash-loop',
  'spawn-failed',
  'disk',
  'certificate',
  'zombies',
]);

/**
 * What a process does to itself and to what all share: to do without it is no answer. How busy it
 * is may well come of what it waits for.
 */
const ownDoing: ReadonlySet<SymptomKind> = new Set([
  'crash-loop',
  'forecast',
  'threshold',
  'trend',
  'zombies',
  'disk',
  'template-surge',
]);

export function excuseOf(
  picture: Picture,
  sign: Sign,
  acts: readonly OwnAct[],
  nowMs: number,
): Excuse {
  const service = picture.services.get(sign.target);
  if (service === undefined) return 'none';
  if (service.want === 'down') return 'excused';
  const own = (name: string): readonly OwnAct[] =>
    acts.filter(({ targets }) => targets.includes(name));
  const lasting = neverExcused.has(sign.kind);
  if (!lasting && isPlanned(service, own(service.name), nowMs)) return 'excused';
  const isBusy = sign.key.endsWith(':cpu');
  const isOwn = ownDoing.has(sign.kind) && !isBusy && !service.definition.external;
  let excuse: Excuse = !isOwn && isOptional(picture, service) ? 'quiet' : 'none';
  for (const name of dependenciesOf(picture, service.name)) {
    const other = picture.services.get(name);
    if (other === undefined) continue;
    if (!lasting && isPlanned(other, own(name), nowMs)) return 'excused';
    if (other.want === 'down' && !isOwn) excuse = 'quiet';
  }
  return excuse;
}

/** Whose absence degrades and never breaks: the stack says so, or all who use it from outside do. */
function isOptional(picture: Picture, { name, definition }: ServicePicture): boolean {
  if (!definition.required) return true;
  if (!definition.external) return false;
  const uses = [...picture.services.values()].flatMap((other) =>
    other.definition.dependsOn.filter(({ service }) => service === name),
  );
  return uses.length > 0 && uses.every(({ required }) => !required);
}

/** Commanded or ended by plan within the last minute, and not healthy since. */
function isPlanned(service: ServicePicture, acts: readonly OwnAct[], nowMs: number): boolean {
  const end = service.ends.findLast(
    ({ endedBy, atMs }) =>
      endedBy !== null && plannedEnds.has(endedBy) && !acts.some((act) => isWithin(act, atMs)),
  );
  const sinceMs = Math.max(service.commandedMs ?? 0, end?.atMs ?? 0);
  if (sinceMs === 0 || nowMs - sinceMs > plannedMs) return false;
  const renewed = [...service.instances.values()].every(
    ({ runSinceMs, readySinceMs }) =>
      runSinceMs !== null &&
      runSinceMs >= sinceMs &&
      readySinceMs !== null &&
      nowMs - readySinceMs >= echoMs,
  );
  return !(renewed && service.unhealthySinceMs === null);
}

function isWithin({ sinceMs, endedMs }: OwnAct, atMs: number): boolean {
  return atMs >= sinceMs && (endedMs === null || atMs <= endedMs + actMs);
}
