/**
 * Tells where a service with replicas answers, so that a front end spreads its requests over those
 * that are ready and hears at once when one leaves.
 *
 * It is a file and no question to a daemon: clients go on reading the last truth while we are away.
 */
import type { Endpoint } from './effect.ts';
import { addressAt, hasEndpoints } from './environment.ts';
import { emit, type ServiceRecord, type SuperviseState } from './state.ts';

export function tellEndpoints(state: SuperviseState, record: ServiceRecord): void {
  if (!hasEndpoints(record)) return;
  const endpoints = endpointsOf(record);
  const told = JSON.stringify(endpoints);
  if (told === record.endpoints) return;
  record.endpoints = told;
  emit(state, { kind: 'tell-endpoints', service: record.definition.name, endpoints });
}

/** In order of replicas. An adopted run serves until its checks say otherwise. */
function endpointsOf({ instances }: ServiceRecord): readonly Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (const { id, phase, ready, run, port } of instances.values()) {
    const serves = phase === 'up' && (ready || run?.unjudged === true);
    if (!serves || port.allocation === null) continue;
    const { host, url } = addressAt(port.allocation.host, port.allocation.port);
    endpoints.push({ instance: id, host, port: port.allocation.port, url });
  }
  return endpoints.toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
}
