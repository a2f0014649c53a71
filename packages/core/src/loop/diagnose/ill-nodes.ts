/** The services, disks and host that are not well: by symptoms, or because an open incident says so. */
import type { Picture } from '../collect/picture.ts';
import type { Symptom, SymptomKind } from '../detect/symptom.ts';
import { complaintsOf, type Complaint } from './complaint.ts';
import { seatOf, type Seat } from './intrinsic.ts';
import { stoppedPid, isDown } from './vitals.ts';

export type Ill = Readonly<{
  name: string;
  symptoms: readonly Symptom[];
  /** When its trouble began. */
  sinceMs: number;
  seat: Seat;
  /** Its failure reaches those that need it; a mere forecast or a new log line does not. */
  harms: boolean;
  complaints: readonly Complaint[];
}>;

const harmless: ReadonlySet<SymptomKind> = new Set([
  'forecast',
  'trend',
  'certificate',
  'template-new',
  'template-vanished',
  'zombies',
]);
const leadMs = 60_000;

/** `open` roots without symptoms are there as well: what follows from them is still theirs. */
export function illNodes(
  picture: Picture,
  symptoms: readonly Symptom[],
  open: readonly Readonly<{ root: string }>[],
  nowMs: number,
): ReadonlyMap<string, Ill> {
  const byTarget = new Map<string, Symptom[]>();
  for (const one of symptoms) byTarget.set(one.target, [...(byTarget.get(one.target) ?? []), one]);
  for (const { root } of open) if (!byTarget.has(root)) byTarget.set(root, []);
  for (const service of picture.services.values())
    if (!byTarget.has(service.name) && isSilentlyIll(service)) byTarget.set(service.name, []);
  return new Map(
    [...byTarget].map(([name, own]) => [name, illNode(picture, name, own, nowMs)] as const),
  );
}

/** Not there, or halted, though no detector spoke yet. */
function isSilentlyIll(service: Parameters<typeof isDown>[0]): boolean {
  return service.want === 'up' && (isDown(service) || stoppedPid(service, null) !== null);
}

function illNode(picture: Picture, name: string, symptoms: readonly Symptom[], nowMs: number): Ill {
  const service = picture.services.get(name);
  const known = Math.min(...symptoms.map((one) => one.sinceMs));
  // The root of an open incident that shows nothing any more was there before what follows from it.
  const sinceMs = Number.isFinite(known) ? known : (service?.unhealthySinceMs ?? nowMs - 3_600_000);
  return {
    name,
    symptoms,
    sinceMs,
    seat: seatOf(picture, name, symptoms, nowMs),
    harms: symptoms.length === 0 || symptoms.some(isHarmful),
    complaints: service === undefined ? [] : complaintsOf(service, sinceMs - leadMs, nowMs),
  };
}

function isHarmful({ kind, severity }: Symptom): boolean {
  return severity === 'error' || (severity === 'warn' && !harmless.has(kind));
}
