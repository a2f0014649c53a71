/**
 * What a command sees that a person runs once in the place of a service: its environment, with the
 * addresses of what it depends on as they are now.
 *
 * It is told from outside, by a snapshot, so that it needs no word of the supervisor. It carries no
 * run token: it belongs to whoever typed it, and ends with them.
 */
import type { Address } from './address.ts';
import type { Service } from '../stack/service.ts';
import { addressAt, environmentIn, externalAddress, type Surroundings } from './environment.ts';
import type { InstanceView } from './instance-view.ts';
import type { Snapshot } from './protocol.ts';
import type { Offer } from './state.ts';

export type OneOff = Readonly<Pick<Surroundings, 'definition' | 'instance' | 'place'>> &
  Readonly<{ stackName: string }>;

/** `snapshot`: null when no daemon runs, so that nothing of the stack has an address. */
export function oneOffEnvironment(
  oneOff: OneOff,
  snapshot: Pick<Snapshot, 'stack' | 'instances'> | null,
): Readonly<Record<string, string>> {
  const instances = snapshot?.instances ?? [];
  const definitions = new Map(snapshot?.stack?.services.map((one) => [one.name, one]));
  return environmentIn({
    ...oneOff,
    fettleUrl: firstAddress('@controller', instances)?.url ?? null,
    addressOf: (service) => addressIn(service, definitions.get(service), instances),
  });
}

function addressIn(
  service: string,
  definition: Service | undefined,
  instances: readonly InstanceView[],
): Address | null {
  if (definition?.external === true) return externalAddress(definition);
  return firstAddress(service, instances);
}

/** Of the first replica that has a port, as for the services themselves. */
function firstAddress(service: string, instances: readonly InstanceView[]): Address | null {
  const [first] = instances
    .filter((view) => view.service === service && view.port !== null)
    .toSorted((a, b) => a.replica - b.replica);
  return first?.port ? addressAt(first.port.host, first.port.port) : null;
}

/** What the dependants of a service may count on, as its instances tell. */
export function offerOfViews(views: readonly InstanceView[]): Offer {
  const completed = views.length > 0 && views.every(({ state }) => state === 'done');
  const healthy = views.some(({ ready }) => ready);
  const started = completed || views.some(({ state, pid }) => state === 'external' || pid !== null);
  const atRest = new Set(['stopped', 'failed', 'crash-loop']);
  return { started, healthy, completed, down: views.every(({ state }) => atRest.has(state)) };
}
