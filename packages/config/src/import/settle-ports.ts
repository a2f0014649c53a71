/**
 * Turns a `PORT` variable into `port:`, so that dependants, probes and the port page know of it.
 *
 * Several services with the same `PORT=` are no conflict: in the tool that they come from all of them
 * start, because only one listens there and the others know the number, or ignore it. One of them
 * gets the port; the others keep the variable as it stands.
 */
import { isMap, type ServiceDraft } from './draft.ts';

/** Names of what listens, most telling first. */
const listens = [/web|www|http/i, /server|api|gateway|proxy/i, /app|site|front/i];

export function settlePorts(services: readonly ServiceDraft[]): void {
  const sharing = new Map<number, ServiceDraft[]>();
  for (const service of services) {
    const port = portOf(service);
    if (port === null) continue;
    sharing.set(port, [...(sharing.get(port) ?? []), service]);
  }
  for (const [port, all] of sharing) {
    const owner = likelyOwner(all);
    takePort(owner, port);
    for (const other of all)
      if (other !== owner)
        other.change(
          'PORT',
          `PORT=${port} is also ${owner.name}'s: kept as a variable; add \`port:\` if it listens`,
        );
  }
}

function portOf(service: ServiceDraft): number | null {
  const environment = service.get('environment');
  if (service.get('port') !== undefined || service.get('ports') !== undefined) return null;
  const port = isMap(environment) ? Number(environment['PORT'] ?? Number.NaN) : Number.NaN;
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

function likelyOwner(services: readonly ServiceDraft[]): ServiceDraft {
  for (const pattern of listens) {
    const found = services.find(({ name }) => pattern.test(name));
    if (found !== undefined) return found;
  }
  return services[0]!;
}

function takePort(service: ServiceDraft, port: number): void {
  const environment = service.get('environment');
  if (isMap(environment)) {
    const { PORT: _taken, ...rest } = environment;
    service.remove('environment');
    service.set('environment', rest);
  }
  const deploy = service.get('deploy');
  const replicas = isMap(deploy) ? Number(deploy['replicas'] ?? 1) : 1;
  const last = Math.min(65_535, port + replicas - 1);
  service.set('port', last > port ? `${port}-${last}` : port);
  if (last > port)
    service.change(
      'PORT',
      `each of the ${replicas} instances gets a port of its own: ${port}-${last}`,
    );
}
