/** Who needs whom: `depends_on` together with the connections that were seen. */
import type { Picture } from '../collect/picture.ts';

/** `observed`: it holds connections there, the configuration does not say so. */
export type Link = Readonly<{ to: string; strength: 'required' | 'optional' | 'observed' }>;

/** Declared ones first, each service once. */
export function linksOf(picture: Picture, name: string): readonly Link[] {
  const service = picture.services.get(name);
  if (service === undefined) return [];
  const links: Link[] = service.definition.dependsOn.map((one) => ({
    to: one.service,
    strength: one.required ? 'required' : 'optional',
  }));
  for (const { peer } of service.edges.values())
    if (peer !== null && peer !== name && !links.some(({ to }) => to === peer))
      links.push({ to: peer, strength: 'observed' });
  return links.filter(({ to }) => picture.services.has(to));
}

/** Services that need `name` directly. */
export function dependantsOf(picture: Picture, name: string): readonly string[] {
  return [...picture.services.keys()].filter(
    (other) => other !== name && linksOf(picture, other).some(({ to }) => to === name),
  );
}

/** The number of steps from one to the other along links; null: cannot be reached. */
export function stepsTo(picture: Picture, from: string, to: string): number | null {
  if (from === to) return 0;
  let ring: readonly string[] = [from];
  const seen = new Set(ring);
  for (let steps = 1; ring.length > 0; steps += 1) {
    const next: string[] = [];
    for (const name of ring)
      for (const link of linksOf(picture, name)) {
        if (link.to === to) return steps;
        if (!seen.has(link.to)) {
          seen.add(link.to);
          next.push(link.to);
        }
      }
    ring = next;
  }
  return null;
}
