/**
 * Takes one observation into the picture: its only writer.
 *
 * It records and counts, and decides nothing but two plain facts: whether a service is wanted, and
 * whether it is healthy throughout. Every history it writes is bounded.
 */
import type { Stack } from '../../stack/service.ts';
import type { Sample } from './metric.ts';
import type { CheckSeen, EdgeSeen, ErrorSeen, Explained, Observation } from './observation.ts';
import { takeLines, takeTally } from './observe-lines.ts';
import { takeInstance, takeInstanceGone } from './observe-instance.ts';
import { openServicePicture, type Picture, type ServicePicture } from './picture.ts';
import { isHealthy } from './service-health.ts';
import { serviceKind } from './service-kind.ts';

const mostChanges = 500;
const mostResults = 60;
const mostWhys = 10;
const mostErrors = 100;
const mostEdges = 100;
/** An edge that was not seen for this long is gone. */
const edgeLivesMs = 600_000;

export function observe(picture: Picture, observation: Observation, nowMs: number): void {
  picture.observedMs = Math.max(picture.observedMs, nowMs);
  switch (observation.kind) {
    case 'stack':
      takeStack(picture, observation.stack, nowMs);
      return;
    case 'instance':
      withService(picture, observation.view.service, (service) => {
        takeInstance(service, observation.view, nowMs);
        noteHealth(service, nowMs);
      });
      return;
    case 'instance-gone':
      for (const service of picture.services.values()) {
        if (takeInstanceGone(service, observation.instance)) noteHealth(service, nowMs);
      }
      return;
    case 'checked':
      withService(picture, observation.service, (service) => {
        takeCheck(picture, service, observation);
        noteHealth(service, nowMs);
        takeTally(picture, service, nowMs);
      });
      return;
    case 'sampled':
      takeSamples(picture, observation.samples, nowMs);
      return;
    case 'lines':
      // A flood makes looks rare: what it does to the log must show all the same.
      withService(picture, observation.service, (service) => {
        takeLines(service, observation);
        takeTally(picture, service, nowMs);
      });
      return;
    case 'explained':
      withService(picture, observation.service, (service) =>
        takeWhy(service, observation.why, nowMs),
      );
      return;
    case 'changed':
      picture.changes.push(observation.change);
      keepLast(picture.changes, mostChanges);
      return;
    case 'process-states':
      for (const seen of observation.states) {
        withService(picture, seen.service, (service) => {
          const instance = service.instances.get(seen.instance);
          if (instance === undefined) return;
          if (instance.processState !== seen.state) instance.processStateSinceMs = nowMs;
          instance.processState = seen.state;
          instance.zombies = seen.zombies;
        });
      }
      return;
    case 'connections':
      takeEdges(picture, observation.edges, nowMs);
      return;
    case 'error-reported':
      withService(picture, observation.service, (service) => takeError(service, observation));
      return;
    case 'own-pause':
      picture.pausedUntilMs = Math.max(picture.pausedUntilMs, observation.toMs);
      return;
    case 'intended':
      withService(picture, observation.service, (service) => {
        if (observation.want !== 'restart') service.want = observation.want;
        service.commandedMs = observation.atMs;
        noteHealth(service, nowMs);
      });
      return;
    default:
      observation satisfies never;
  }
}

function withService(
  picture: Picture,
  name: string,
  take: (service: ServicePicture) => void,
): void {
  const service = picture.services.get(name);
  if (service !== undefined) take(service);
}

function keepLast(list: unknown[], most: number): void {
  if (list.length > most) list.splice(0, list.length - most);
}

function takeStack(picture: Picture, stack: Stack, nowMs: number): void {
  picture.stack = stack;
  const known = new Map(picture.services);
  picture.services.clear();
  for (const definition of stack.services) {
    const service = known.get(definition.name) ?? openServicePicture(definition, nowMs);
    service.definition = definition;
    service.kind = serviceKind(definition);
    picture.services.set(definition.name, service);
    known.delete(definition.name);
  }
  for (const name of known.keys()) picture.series.forget(name);
}

function noteHealth(service: ServicePicture, nowMs: number): void {
  if (service.want === 'down') service.unhealthySinceMs = null;
  else if (isHealthy(service)) {
    service.healthyMs = nowMs;
    service.unhealthySinceMs = null;
  } else service.unhealthySinceMs ??= nowMs;
}

function takeCheck(picture: Picture, service: ServicePicture, seen: CheckSeen): void {
  const key = `${seen.instance}/${seen.check}`;
  let check = service.checks.get(key);
  if (check === undefined) {
    check = {
      last: seen,
      results: [],
      downSinceMs: null,
      failingSinceMs: null,
      foreignSinceMs: null,
      everUp: false,
    };
    service.checks.set(key, check);
  }
  check.last = seen;
  check.results.push({ atMs: seen.atMs, ok: seen.ok, ms: seen.durationMs });
  keepLast(check.results, mostResults);
  check.failingSinceMs = seen.ok ? null : (check.failingSinceMs ?? seen.atMs);
  check.downSinceMs = seen.up === false ? (check.downSinceMs ?? seen.atMs) : null;
  check.foreignSinceMs = seen.attested === false ? (check.foreignSinceMs ?? seen.atMs) : null;
  check.everUp ||= seen.up === true;
  if (!seen.ok) return;
  const sample: Sample = { subject: service.name, metric: 'probe_ms', value: seen.durationMs };
  picture.series.add(seen.atMs, [sample]);
}

function takeSamples(picture: Picture, samples: readonly Sample[], nowMs: number): void {
  picture.series.add(nowMs, samples);
  for (const service of picture.services.values()) {
    takeTally(picture, service, nowMs);
    if (service.unhealthySinceMs === null && service.want === 'up') service.healthyMs = nowMs;
  }
}

function takeWhy(service: ServicePicture, why: Explained | null, nowMs: number): void {
  const before = service.why;
  service.why = why;
  if (why === null || (before?.cause === why.cause && before.sentence === why.sentence)) return;
  service.whys.push({ atMs: nowMs, why });
  keepLast(service.whys, mostWhys);
}

/** Every edge of the services that report now; what they no longer report is gone after a while. */
function takeEdges(picture: Picture, edges: readonly EdgeSeen[], nowMs: number): void {
  for (const edge of edges) {
    withService(picture, edge.service, (service) => {
      const key = `${edge.host}:${edge.port}`;
      service.edges.delete(key);
      service.edges.set(key, { ...edge, atMs: nowMs });
      if (service.edges.size > mostEdges) dropOldest(service.edges);
    });
  }
  for (const { edges: known } of picture.services.values()) {
    for (const [key, { atMs }] of known) {
      if (nowMs - atMs <= edgeLivesMs) break;
      known.delete(key);
    }
  }
}

function takeError(service: ServicePicture, seen: ErrorSeen): void {
  const before = service.errors.get(seen.fingerprint);
  service.errors.delete(seen.fingerprint);
  service.errors.set(seen.fingerprint, {
    ...seen,
    count: (before?.count ?? 0) + seen.count,
    firstMs: before?.firstMs ?? seen.atMs,
  });
  if (service.errors.size > mostErrors) dropOldest(service.errors);
  service.tally.errors += seen.count;
}

/** The one that was set longest ago: every write sets anew. */
function dropOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
