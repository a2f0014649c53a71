/**
 * Joins symptoms that have one origin into one group, and names where the origin may sit.
 *
 * The intuition: a failing dependency explains those that need it, unless their own trouble surely
 * sits in themselves or began clearly before. What nothing explains is a root, and each root makes
 * one group. So fifty callers of one stopped database are one group, and two services that merely
 * fail at the same time are two. Source: the rule "page on symptoms, debug causes" (Google SRE book,
 * chapter 6) turned around; deepest-anomalous-dependency as in Microscope (Lin et al., ICSOC 2018).
 */
import type { Picture } from '../collect/picture.ts';
import type { Symptom } from '../detect/symptom.ts';
import { illNodes, type Ill } from './ill-nodes.ts';
import { explainers } from './explained-by.ts';
import { dependantsOf } from './neighbours.ts';
import { joinSharedFate } from './shared-fate.ts';
import { silentRoots } from './silent-roots.ts';
import { isWaiting } from './vitals.ts';

export type Group = Readonly<{
  /** Where the cause may sit, most likely first: services, `@host`, `@disk:/x`. */
  rootCandidates: readonly string[];
  /** Showing symptoms of their own, the root among them when it does. */
  services: readonly string[];
  /** Suffer from the root, with or without symptoms of their own; never the root. */
  affected: readonly string[];
  /** Oldest first. */
  symptoms: readonly Symptom[];
  /** The open incident that goes on with this group; null: a new one. */
  continues: string | null;
  /** Other open incidents that turned out to be the same. */
  merges: readonly string[];
}>;

/** An incident that is open: its group is continued rather than begun anew. */
export type OpenGroup = Readonly<{
  incidentId: string;
  root: string;
  services: readonly string[];
}>;

export function groupSymptoms(
  picture: Picture,
  symptoms: readonly Symptom[],
  nowMs: number,
  open: readonly OpenGroup[] = [],
): readonly Group[] {
  const counting = symptoms.filter(({ causedBy }) => causedBy === null);
  const ills = illNodes(picture, counting, open, nowMs);
  const rootOf = new Map<string, string>();
  for (const ill of ills.values()) rootOf.set(ill.name, deepest(picture, ills, ill));
  joinSharedFate(picture, ills, rootOf);
  const members = new Map<string, Ill[]>();
  for (const ill of ills.values()) {
    const root = rootOf.get(ill.name) ?? ill.name;
    members.set(root, [...(members.get(root) ?? []), ill]);
  }
  const groups = [...members]
    .map(([root, own]) => groupOf({ picture, nowMs }, root, own, counting))
    .filter((group) => group.symptoms.some(({ severity }) => severity !== 'info'));
  return continued(groups, open);
}

/** Follows what explains it until nothing does; a circle ends at its oldest member. */
function deepest(picture: Picture, ills: ReadonlyMap<string, Ill>, from: Ill): string {
  const trail: Ill[] = [from];
  for (;;) {
    const at = trail[trail.length - 1]!;
    const next = explainers(picture, ills, at)[0];
    if (next === undefined) return at.name;
    const back = trail.findIndex(({ name }) => name === next.name);
    if (back >= 0)
      return trail.slice(back).reduce((old, one) => (one.sinceMs < old.sinceMs ? one : old)).name;
    trail.push(next);
  }
}

function groupOf(
  { picture, nowMs }: Readonly<{ picture: Picture; nowMs: number }>,
  root: string,
  own: readonly Ill[],
  symptoms: readonly Symptom[],
): Group {
  const names = own.map(({ name }) => name);
  const shown = symptoms
    .filter(({ target }) => names.includes(target))
    .toSorted((a, b) => a.sinceMs - b.sinceMs);
  const services = own.filter((ill) => ill.symptoms.length > 0).map(({ name }) => name);
  const silent = silentRoots(picture, own, nowMs);
  const rest = own.toSorted((a, b) => a.sinceMs - b.sinceMs).map(({ name }) => name);
  const affected = [...names, ...waitingFor(picture, root)].filter((name) => name !== root);
  return {
    rootCandidates: [...new Set([root, ...silent, ...rest])].slice(0, 8),
    services: [...new Set(services)],
    affected: [...new Set(affected)],
    symptoms: shown,
    continues: null,
    merges: [],
  };
}

/** Held back by it, or running without it: no symptom, and suffering all the same. */
function waitingFor(picture: Picture, root: string): readonly string[] {
  return dependantsOf(picture, root).filter((name) => {
    const service = picture.services.get(name);
    if (service === undefined) return false;
    const views = [...service.instances.values()].map(({ view }) => view);
    const without = views.some(({ missingOptional }) => missingOptional.includes(root));
    return without || (views.length > 0 && isWaiting(service)) || service.unhealthySinceMs !== null;
  });
}

/** Each open incident goes on in one group: that with its root, else that which shares most. */
function continued(groups: readonly Group[], open: readonly OpenGroup[]): readonly Group[] {
  const taken = new Map<Group, string[]>();
  for (const one of open) {
    const best = groups
      .map((group) => ({ group, shared: sharedWith(group, one) }))
      .filter(({ shared }) => shared > 0)
      .toSorted((a, b) => b.shared - a.shared)[0];
    if (best !== undefined)
      taken.set(best.group, [...(taken.get(best.group) ?? []), one.incidentId]);
  }
  return groups.map((group) => {
    const [continues = null, ...merges] = taken.get(group) ?? [];
    return { ...group, continues, merges };
  });
}

function sharedWith(group: Group, open: OpenGroup): number {
  const own = new Set([...group.services, ...group.rootCandidates.slice(0, 1)]);
  const shared = open.services.filter((name) => own.has(name)).length;
  return shared + (group.rootCandidates[0] === open.root ? 1_000 : own.has(open.root) ? 100 : 0);
}
