/**
 * Which ill neighbour explains that a service is ill: one that it needs, that harms, and that was
 * not clearly later. An optional dependency degrades; it explains a failure only where the log of
 * the dependant names it.
 */
import type { Picture } from '../collect/picture.ts';
import type { Complaint } from './complaint.ts';
import type { Ill } from './ill-nodes.ts';
import { linksOf } from './neighbours.ts';
import { isGreen, portsOf } from './vitals.ts';

/** A caller is often seen earlier than what it calls: its checks may be quicker. */
const earlierMs = 90_000;

/** Those that explain it, best first. */
export function explainers(
  picture: Picture,
  ills: ReadonlyMap<string, Ill>,
  ill: Ill,
): readonly Ill[] {
  if (ill.name.startsWith('@')) return [];
  const found = [...carriers(ills, ill), ...dependencies(picture, ills, ill)];
  return found.toSorted((a, b) => b.score - a.score).map(({ ill: one }) => one);
}

type Scored = Readonly<{ ill: Ill; score: number }>;

const diskKinds: ReadonlySet<string> = new Set(['disk-full', 'read-only']);

/** A full disk explains those that complain of it; a pressed host explains who got slow on it. */
function carriers(ills: ReadonlyMap<string, Ill>, ill: Ill): readonly Scored[] {
  const found: Scored[] = [];
  for (const carrier of ills.values()) {
    if (carrier.symptoms.length === 0) continue;
    if (carrier.name.startsWith('@disk') && ill.complaints.some(({ kind }) => diskKinds.has(kind)))
      found.push({ ill: carrier, score: 100 });
    if (carrier.name === '@host' && carrier.harms && isSlowness(ill) && inTime(ill, carrier))
      found.push({ ill: carrier, score: 50 });
  }
  return found;
}

/** Nothing but being slow or late: what a pressed machine does to everybody. */
function isSlowness({ symptoms, seat }: Ill): boolean {
  const slow = /^(?:threshold|anomaly|check-down|hang|flapping|trend)$/;
  return seat !== 'inside' && symptoms.every(({ kind }) => slow.test(kind));
}

function inTime(ill: Ill, earlier: Ill): boolean {
  return earlier.sinceMs - ill.sinceMs <= earlierMs;
}

function dependencies(
  picture: Picture,
  ills: ReadonlyMap<string, Ill>,
  ill: Ill,
): readonly Scored[] {
  if (ill.seat === 'inside') return [];
  return reachable(picture, ills, ill).flatMap(({ name, steps, optional }) => {
    const other = ills.get(name);
    if (other === undefined || !other.harms) return [];
    const named = ill.complaints.some((one) => names(picture, one, name));
    const mild = ill.symptoms.every(({ severity }) => severity !== 'error');
    if (optional && !named && !mild) return [];
    if (!named && !inTime(ill, other)) return [];
    const strength = other.symptoms.some(({ severity }) => severity === 'error') ? 8 : 0;
    const fresh = changedBefore(picture, other) ? 3 : 0;
    return [{ ill: other, score: (named ? 20 : 0) + strength + fresh + 10 / steps }];
  });
}

/** Somebody changed it shortly before its trouble began: the usual suspect. */
function changedBefore(picture: Picture, { name, sinceMs }: Ill): boolean {
  return picture.changes.some(
    ({ service, atMs }) => service === name && sinceMs >= atMs && sinceMs - atMs <= 180_000,
  );
}

type Reached = Readonly<{ name: string; steps: number; optional: boolean }>;

/**
 * Through those that are ill themselves or show nothing of their readiness. A green check between
 * may only say that a process lives: it does not stop what is soft, such as failing requests.
 */
function reachable(picture: Picture, ills: ReadonlyMap<string, Ill>, ill: Ill): readonly Reached[] {
  const found = new Map<string, Reached>();
  const soft = ill.symptoms.every(({ kind }) => !/^(?:exit|crash-loop)$/.test(kind));
  let ring: readonly Reached[] = [{ name: ill.name, steps: 0, optional: false }];
  while (ring.length > 0) {
    const next: Reached[] = [];
    for (const at of ring)
      for (const { to, strength } of linksOf(picture, at.name)) {
        if (to === ill.name || found.has(to)) continue;
        const optional = at.optional || strength === 'optional';
        const reached = { name: to, steps: at.steps + 1, optional };
        found.set(to, reached);
        if (soft || passesOn(picture, ills, to)) next.push(reached);
      }
    ring = next;
  }
  return [...found.values()];
}

function passesOn(picture: Picture, ills: ReadonlyMap<string, Ill>, name: string): boolean {
  const service = picture.services.get(name);
  return ills.has(name) || (service !== undefined && !isGreen(service));
}

/** Does the complaint name an address of this service? */
export function names(picture: Picture, complaint: Complaint, name: string): boolean {
  const service = picture.services.get(name);
  if (service === undefined || complaint.port === null) return false;
  return portsOf(service).includes(complaint.port);
}
