/** How do the others fare that need the same? Their word tells a sick service from a sick way. */
import { complaintsOf } from './complaint.ts';
import type { Situation } from './decision-rule.ts';
import { dependantsOf } from './neighbours.ts';
import { mentions } from './address-book.ts';
import { isAlive, portsOf } from './vitals.ts';

export type Fellows = Readonly<{ suffer: readonly string[]; fine: readonly string[] }>;

const pointing =
  /^(?:refused|timeout|connect-timeout|reset|garbled|pool-wait|too-many-clients|auth|lock|slow)$/;

/** Other callers of `peer`: those that complain of it, and those that are well. */
export function fellowCallers(situation: Situation, peer: string): Fellows {
  const { picture, service, sinceMs, nowMs } = situation;
  const ports = portsOf(picture.services.get(peer) ?? service);
  const suffer: string[] = [];
  const fine: string[] = [];
  for (const name of dependantsOf(picture, peer)) {
    const other = picture.services.get(name);
    if (other === undefined || name === service.name || !isAlive(other)) continue;
    const complains = complaintsOf(other, sinceMs - 60_000, nowMs).some(
      ({ kind, isNew, port, text }) =>
        isNew &&
        pointing.test(kind) &&
        (port === null ? true : ports.includes(port) || mentions(text, peer)),
    );
    if (complains) suffer.push(name);
    else if (other.unhealthySinceMs === null && other.edges.size > 0) fine.push(name);
  }
  return { suffer, fine };
}
