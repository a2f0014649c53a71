/**
 * Weighs causes that rules offered against each other and gives each its odds, together at most 1.
 *
 * Offers of one cause (class and target) are joined by a damped noisy-or: fifty callers that say
 * the same are more than one, and less than fifty independent proofs. Then o = c / (1 - c), and the
 * odds of a cause are o / (1 + sum of all o): alone it keeps its confidence, rivals take from it.
 */
import type { Picture } from '../collect/picture.ts';
import { causeKey, isSlowing, isSurface, vagueness } from './class-traits.ts';
import type { Verdict } from './diagnosis.ts';
import { stepsTo } from './neighbours.ts';
import type { Group } from './root-cause.ts';

/** `by`: the service on which the rule was asked. */
export type Offer = Verdict & Readonly<{ ruleId: string; by: string }>;
export type Ranked = Readonly<{ offer: Offer; odds: number }>;

/** From here on a cause is believed enough to explain others. */
const explainsFrom = 0.5;

export function rankCauses(
  offers: readonly Offer[],
  group: Group,
  picture: Picture,
): readonly Ranked[] {
  const joined = joinOffers(offers);
  const weighted = joined.map((offer) => ({ offer, odd: oddOf(offer, joined, group, picture) }));
  const sum = weighted.reduce((total, { odd }) => total + odd, 1);
  return weighted
    .map(({ offer, odd }) => ({ offer, odds: Math.round((odd / sum) * 1_000) / 1_000 }))
    .toSorted((a, b) => b.odds - a.odds);
}

function toOdds(confidence: number): number {
  const capped = Math.min(0.99, confidence);
  return capped / (1 - capped);
}

/** The strongest first; each further one of the same cause adds a third of its weight. */
function joinOffers(offers: readonly Offer[]): readonly Offer[] {
  const byCause = new Map<string, Offer>();
  for (const offer of offers.toSorted((a, b) => b.confidence - a.confidence)) {
    const key = causeKey(offer);
    const known = byCause.get(key);
    byCause.set(key, known === undefined ? offer : joinTwo(known, offer));
  }
  return [...byCause.values()];
}

function joinTwo(strong: Offer, more: Offer): Offer {
  const confidence = 1 - (1 - strong.confidence) * (1 - more.confidence / 3);
  return {
    ...strong,
    confidence: Math.min(0.98, confidence),
    for: distinct([...strong.for, ...more.for]),
    against: distinct([...strong.against, ...more.against]),
    params: { ...more.params, ...strong.params },
  };
}

function distinct(evidence: Verdict['for']): Verdict['for'] {
  const texts = new Set<string>();
  return evidence
    .filter(({ text }) => !texts.has(text) && texts.add(text) !== undefined)
    .slice(0, 8);
}

/** What a cause keeps beside a sharper one at the same place, or beside a sure deeper one. */
const leftover = 0.3;
const sure = 0.8;

function oddOf(offer: Offer, all: readonly Offer[], group: Group, picture: Picture): number {
  let odd = toOdds(offer.confidence) * (group.rootCandidates[0] === offer.target ? 1.3 : 1);
  for (const other of all) {
    if (other === offer || other.confidence < explainsFrom) continue;
    // Where only a check is wrong nobody waits: what slows explains nothing.
    if (isOnlyProbe(offer) && isSlowing(other.class)) continue;
    if (isOnlyProbe(other) && isSlowing(offer.class)) {
      odd = Math.min(odd, leftover);
      continue;
    }
    const doubt = 1 - other.confidence;
    if (other.target === offer.target) {
      // "It crashes" stays true beside "it lacks a module" and says no more.
      const vaguer = vagueness(offer.class) > vagueness(other.class);
      if (vaguer) odd = Math.min(odd * doubt, leftover);
    } else if (isDeeper(picture, other.target, offer.target)) {
      odd *= isSurface(offer.class) ? 0.1 : 0.6;
      if (isSurface(offer.class) && other.confidence >= sure) odd = Math.min(odd, leftover);
    }
  }
  return odd;
}

/** A check is red while real requests succeed as quickly as ever. */
function isOnlyProbe({ class: one, confidence, params }: Offer): boolean {
  return one === 'probe_broken' && params['served'] === true && confidence >= explainsFrom;
}

/**
 * Disks carry services; a dependency carries its dependants. A host that is short of something is
 * no deeper than they: it makes all slow and explains no failure of one.
 */
function isDeeper(picture: Picture, deep: string, shallow: string): boolean {
  if (shallow.startsWith('@') || deep === '@host') return false;
  if (deep.startsWith('@')) return true;
  const down = stepsTo(picture, shallow, deep);
  return down !== null && down > 0 && stepsTo(picture, deep, shallow) === null;
}
