/** How do the others fare that need the same? Their word tells a sick service from a sick way. */
import { complaintsOf, lasting } from './complaint.ts';
import type { Situation } from './decision-rule.ts';
import { dependantsOf, linksOf } from './neighbours.ts';
import { mentions } from './address-book.ts';
import { isAlive, portsOf } from './vitals.ts';

export type Fellows = Readonly<{ suffer: readonly string[]; fine: readonly string[] }>;

const pointing =
  /^(?:refused|timeout|connect-timeout|reset|garbled|pool-wait|too-many-clients|auth|lock|slow)$/;

/** Other callers of `peer`: those that complain of it, and those that are well. */
export function fellowCallers(situation: Situation, peer: string): Fellows {
  const { picture, service, sinceMs, settled, nowMs } = situation;
  const ports = portsOf(picture.services.get(peer) ?? service);
  const suffer: string[] = [];
  const fine: string[] = [];
  for (const name of dependantsOf(picture, peer)) {
    const other = picture.services.get(name);
    if (other === undefined || name === service.name || !isAlive(other)) continue;
    const fromMs = Math.max(sinceMs - 60_000, settled.get(name) ?? 0);
    const said = lasting(complaintsOf(other, fromMs, nowMs), other, sinceMs);
    const others = linksOf(picture, name).filter(({ to }) => to !== peer);
    const complains = said.some(
      ({ kind, isNew, isOver, port, text }) =>
        isNew &&
        !isOver &&
        pointing.test(kind) &&
        (mentions(text, peer) ||
          (port === null ? !others.some(({ to }) => mentions(text, to)) : ports.includes(port))),
    );
    if (complains) suffer.push(name);
    else if (other.unhealthySinceMs === null && other.edges.size > 0) fine.push(name);
  }
  return { suffer, fine };
}
