/**
 * Dependencies that show nothing themselves and may be the cause all the same: no check looks at
 * them, or their check is green while those that need them complain.
 */
import type { Picture } from '../collect/picture.ts';
import type { Ill } from './ill-nodes.ts';
import { names } from './explained-by.ts';
import { linksOf } from './neighbours.ts';
import { suspectsAmong } from './stack-figures.ts';

const pointing = /^(?:refused|timeout|connect-timeout|reset|pool-wait|too-many-clients|auth|slow)$/;

/** Most accused first, at most 4. */
export function silentRoots(
  picture: Picture,
  group: readonly Ill[],
  nowMs: number,
): readonly string[] {
  const ill = new Set(group.map(({ name }) => name));
  const score = new Map<string, number>();
  for (const { name, complaints, seat } of group) {
    if (seat === 'inside' || name.startsWith('@')) continue;
    const complains = complaints.filter(({ kind, isNew }) => isNew && pointing.test(kind));
    for (const { to, strength } of linksOf(picture, name)) {
      if (ill.has(to)) continue;
      const named = complains.some((one) => names(picture, one, to)) ? 4 : 0;
      const kind = picture.services.get(to)?.kind === 'database' ? 0.5 : 0;
      const vague = complains.length > 0 ? 1 : 0.2;
      const weak = strength === 'required' ? 1 : 0.5;
      score.set(to, (score.get(to) ?? 0) + weak * (named + vague + kind));
    }
  }
  // Figures decide between those that are accused alike.
  const sinceMs = Math.min(nowMs, ...group.map((one) => one.sinceMs));
  const hurts = group.find(({ seat, name }) => seat !== 'inside' && !name.startsWith('@'));
  if (hurts !== undefined && score.size > 1)
    for (const suspect of suspectsAmong(picture, [hurts.name, ...score.keys()], { sinceMs, nowMs }))
      if (score.has(suspect.name))
        score.set(suspect.name, (score.get(suspect.name) ?? 0) + suspect.score);
  return [...score]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([name]) => name);
}
