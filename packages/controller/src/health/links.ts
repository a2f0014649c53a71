/**
 * Tries every declared edge end to end: does what the dependant was told (`<NAME>_URL`) point at
 * where the dependency lives now, and does the dependency answer there? All at once, each with a
 * deadline.
 */
import type { Dependency, Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { formatDuration } from '@fettle/sdk/duration';
import type { Link } from '@fettle/sdk/api/documents';
import type { SupervisorLink } from '../parts.ts';
import { addressOf, addressText, dialable, externalAddress } from '../probes/address.ts';
import { openProbe } from '../probes/all.ts';
import type { Address, Seen } from '../probes/probe.ts';
import { connectTcp } from '../probes/tcp.ts';
import { placeOf, readEnvironment } from './run-place.ts';

const tryMs = 2_000;

type Edge = Readonly<{
  from: Service;
  to: Service;
  dependency: Dependency;
  fromViews: readonly InstanceView[];
  toViews: readonly InstanceView[];
}>;
type Tried = Readonly<{ tried: string; seen: Seen }>;

export async function tryLinks(link: SupervisorLink): Promise<readonly Link[]> {
  const stack = link.stack();
  if (stack === null) return [];
  const services = new Map(stack.services.map((service) => [service.name, service]));
  const views = link.instances();
  const edges: Edge[] = [];
  for (const from of stack.services)
    for (const dependency of from.dependsOn) {
      const to = services.get(dependency.service);
      if (to === undefined) continue;
      const fromViews = views.filter(({ service }) => service === from.name);
      const toViews = views.filter(({ service }) => service === to.name);
      edges.push({ from, to, dependency, fromViews, toViews });
    }
  return Promise.all(edges.map(tryEdge));
}

async function tryEdge(edge: Edge): Promise<Link> {
  const beganMs = performance.now();
  const { tried, seen } = await tryDependency(edge);
  const wrong = seen.ok ? toldWrong(edge) : null;
  return {
    from: edge.from.name,
    to: edge.to.name,
    tried,
    ok: seen.ok && wrong === null,
    required: edge.dependency.required,
    detail: wrong ?? seen.detail,
    durationMs: Math.round(performance.now() - beganMs),
  };
}

async function tryDependency(edge: Edge): Promise<Tried> {
  if (edge.dependency.condition === 'service_completed_successfully') return completed(edge);
  const addresses = addressesOf(edge);
  if (addresses.length === 0) return running(edge);
  // Every replica must answer: the dependant may be handed any of them.
  const all = await Promise.all(addresses.map((at) => dial(edge, at)));
  return all.find(({ seen }) => !seen.ok) ?? all[0] ?? running(edge);
}

function completed({ toViews }: Edge): Tried {
  const open = toViews.find(({ state }) => state !== 'done');
  const ok = toViews.length > 0 && open === undefined;
  const detail = ok ? 'completed' : `is ${open?.state ?? 'not there'}, not completed`;
  return { tried: 'completed', seen: { ok, detail, answer: 'answered' } };
}

function running({ toViews }: Edge): Tried {
  const up = toViews.filter(({ state }) => state === 'running' || state === 'external');
  const ok = up.length > 0;
  const detail = ok ? 'is running' : `is ${toViews[0]?.state ?? 'not there'}`;
  return { tried: 'running', seen: { ok, detail, answer: 'answered' } };
}

type Dialed = Readonly<{ address: Address; view: InstanceView | null }>;

function addressesOf({ to, toViews }: Edge): readonly Dialed[] {
  if (to.external) {
    const address = externalAddress(to.externalUrl);
    return address === null ? [] : [{ address, view: null }];
  }
  return toViews.flatMap((view) => {
    if (view.port === null) return [];
    const { host, port } = view.port;
    return [{ address: { host: dialable(host), port }, view }];
  });
}

async function dial({ to }: Edge, { address, view }: Dialed): Promise<Tried> {
  const check = to.healthChecks.find(
    ({ probe, role }) =>
      probe.kind === 'http' && role !== 'liveness' && probe.target.startsWith('/'),
  );
  if (check === undefined || check.probe.kind !== 'http' || (view === null && !isHttp(to)))
    return { tried: `tcp ${addressText(address)}`, seen: await connectTcp(address, tryMs) };
  const place = placeOf(to, () => view);
  const probe = openProbe(check.probe, place, () => {});
  try {
    const url = `http://${addressText(address)}${check.probe.target}`;
    return { tried: `http ${url}`, seen: await probe.run(Math.min(tryMs, check.timeoutMs)) };
  } finally {
    probe.close();
  }
}

function isHttp({ externalUrl }: Service): boolean {
  return externalUrl?.startsWith('http') ?? false;
}

/** What a live dependant was told and no longer holds; null: it knows, or cannot be asked. */
function toldWrong({ from, to, fromViews, toViews }: Edge): string | null {
  // Between containers the name and the port inside are told, which do not move.
  if (from.container !== undefined && to.container !== undefined) return null;
  const name = `${to.name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_URL`;
  const live = toViews.flatMap(({ port }) => (port === null ? [] : [port.port]));
  if (live.length === 0) return null;
  for (const view of fromViews) {
    const told = view.pid === null ? undefined : readEnvironment(view.pid)?.[name];
    const url = told === undefined ? null : URL.parse(told);
    if (url === null || url.hostname === '') continue;
    const address = addressOf(url);
    if (live.includes(address.port)) continue;
    const since = view.startedAtMs === null ? null : formatDuration(Date.now() - view.startedAtMs);
    const when = since === null ? '' : ` when it started ${since} ago`;
    return `${view.instance} was told ${name}=${addressText(address)}${when}; it is at ${live.join(', ')} now`;
  }
  return null;
}
