/** Who stands on whom, by `depends_on` and by connections that were seen. */
import type { Picture } from './picture.ts';

/** Everything that `name` needs, itself left out, nearest first. */
export function dependenciesOf(picture: Picture, name: string): readonly string[] {
  const found = new Set<string>();
  const queue = [name];
  for (let at = 0; at < queue.length; at += 1) {
    for (const next of directDependencies(picture, queue[at]!)) {
      if (next === name || found.has(next)) continue;
      found.add(next);
      queue.push(next);
    }
  }
  return [...found];
}

export function dependsOn(picture: Picture, name: string, other: string): boolean {
  return picture.services.has(name) && dependenciesOf(picture, name).includes(other);
}

function directDependencies(picture: Picture, name: string): readonly string[] {
  const service = picture.services.get(name);
  if (service === undefined) return [];
  const named = service.definition.dependsOn.map((dependency) => dependency.service);
  const seen = [...service.edges.values()].flatMap(({ peer }) => peer ?? []);
  return [...named, ...seen];
}
