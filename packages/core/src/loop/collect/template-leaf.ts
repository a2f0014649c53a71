/**
 * The lines of one length and one first word: which template fits, and when templates are one.
 *
 * Drain joins two lines as soon as half of their words agree, and so mixes `SCREEN_ON` with
 * `SCREEN_OFF`. Here words are kept apart until a place has shown so many different ones that it
 * must be a variable: words of a program are few, names of users are not.
 */
import { wild } from './template-mask.ts';

export type Shape = { tokens: readonly string[] };

/** So many different words in one place make it a variable. */
const variety = 4;
/** At most this share of the words may differ between templates that are joined. */
const mostDiffering = 0.5;

/** States, verbs of protocols, names of events: a program's own words, however many. */
const constant = /^[A-Z][A-Z_]+[:.,]?$/;

/** Do these words fit the shape, wildcards of the shape aside? */
export function fits(shape: Shape, tokens: readonly string[]): boolean {
  for (let at = 0; at < tokens.length; at += 1) {
    const own = shape.tokens[at];
    if (own !== tokens[at] && own !== wild) return false;
  }
  return true;
}

/** The others that are the same as `fresh` but for places that vary; empty: none. */
export function sameButForVariables<S extends Shape>(fresh: S, leaf: readonly S[]): readonly S[] {
  const places = leaf.map((other) => (other === fresh ? null : differences(fresh, other)));
  const tried = new Set<string>();
  for (const differing of places) {
    if (differing === null || tried.has(differing.join())) continue;
    tried.add(differing.join());
    const group = leaf.filter((_other, index) => isWithin(places[index] ?? null, differing));
    if (differing.every((at) => varietyAt([fresh, ...group], at) >= variety)) return group;
  }
  return [];
}

/** Wildcards where the words differ. */
export function joined(one: Shape, other: Shape): readonly string[] {
  return one.tokens.map((token, at) => (token === other.tokens[at] ? token : wild));
}

/** Places where they differ; null: too many for one template. */
function differences(one: Shape, other: Shape): readonly number[] | null {
  const { length } = one.tokens;
  const found: number[] = [];
  for (let at = 0; at < length; at += 1) {
    if (one.tokens[at] === other.tokens[at]) continue;
    found.push(at);
    if (found.length > length * mostDiffering) return null;
  }
  return found.length === 0 ? null : found;
}

function isWithin(places: readonly number[] | null, within: readonly number[]): boolean {
  return places !== null && places.every((at) => within.includes(at));
}

function varietyAt(shapes: readonly Shape[], at: number): number {
  if (shapes.some(({ tokens }) => tokens[at] === wild)) return Number.POSITIVE_INFINITY;
  const words = new Set(shapes.map(({ tokens }) => tokens[at]!));
  for (const word of words) if (constant.test(word)) return 0;
  return words.size;
}
