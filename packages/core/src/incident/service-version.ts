/** What tells one version of a service from another, for the odds: its definition as it runs. */
import type { Picture } from '../loop/collect/picture.ts';

/** null: nothing of it runs. */
export function serviceVersionOf(picture: Picture, service: string): string | null {
  for (const { view } of picture.services.get(service)?.instances.values() ?? [])
    return view.configHash;
  return null;
}
