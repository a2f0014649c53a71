/**
 * Is a capability on for this target? A share of services is a stable choice: raising it only adds
 * services, and two flags choose independently. The same hash as feature flags will use.
 */
import { hash32 } from '../../supervise/prng.ts';

/** `share` 0-1. */
export function isSwitchedOn(flag: string, target: string, share: number): boolean {
  if (share >= 1) return true;
  return share > 0 && mix(hash32(`${flag}\0${target}`, 0x811c9dc5)) / 4_294_967_296 < share;
}

/** FNV leaves its high bits poor; murmur3's finaliser spreads them. */
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
