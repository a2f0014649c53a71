/**
 * Seeded randomness for jitter, so that the same events give the same effects.
 *
 * Mulberry32 (Tommy Ettinger, 2017): 32 bits of state, passes gjrand; more than jitter needs.
 */
export type Prng = { state: number };

export function createPrng(seed: string): Prng {
  return { state: hash32(seed, 0x811c9dc5) };
}

/** Uniform in [0, 1). */
export function nextRandom(prng: Prng): number {
  prng.state = (prng.state + 0x6d2b79f5) | 0;
  let t = prng.state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
}

/** FNV-1a over UTF-16 units; `basis` lets two hashes of one text be independent. */
export function hash32(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
