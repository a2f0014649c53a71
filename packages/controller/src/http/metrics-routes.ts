/** `GET /metrics`: the stack and the daemon for Prometheus; OpenMetrics when Accept asks for it. */
import type { ServiceStatus, State } from '@fettle/sdk/api/status';
import type { ApiParts } from './api-parts.ts';
import { contentTypes, expose, histogramSamples, type Family, type Sample } from './exposition.ts';
import { processFamilies } from './process-metrics.ts';
import type { Routes } from './route.ts';
import { stateSchema } from './schemas.ts';
import type { StartupCounts } from './startup-times.ts';

const states: readonly State[] = stateSchema.options;
const up = new Set<State>(['ok', 'degraded', 'affected']);

export function addMetricsRoutes(
  routes: Routes,
  parts: ApiParts,
  facts: Readonly<{ startups: StartupCounts; connections: () => number; streams: () => number }>,
): void {
  routes.add({
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    tag: 'metrics',
    summary: 'Metrics of the stack and of the daemon',
    role: 'viewer',
    answer: {
      description: 'Prometheus text format, or OpenMetrics',
      schema: null,
      media: ['text/plain', 'application/openmetrics-text'],
    },
    handle(request, reply) {
      const accept = request.headers.accept ?? '';
      const format = accept.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';
      const { services } = parts.status.document();
      const families = [
        ...serviceFamilies(services),
        ...runFamilies(parts, facts.startups),
        ...daemonFamilies(parts, facts),
        ...processFamilies(parts.startedAtMs),
      ];
      const filled = families.filter(({ samples }) => samples.length > 0);
      return reply.type(contentTypes[format]).send(expose(filled, format));
    },
  });
}

function serviceFamilies(services: readonly ServiceStatus[]): readonly Family[] {
  const each = (value: (service: ServiceStatus) => number | null): readonly Sample[] =>
    services.flatMap((service) => {
      const number = value(service);
      return number === null ? [] : [{ labels: { service: service.name }, value: number }];
    });
  return [
    gauge(
      'fettle_service_up',
      '1 when the service serves (ok, degraded, affected).',
      each((one) => (up.has(one.state) ? 1 : 0)),
    ),
    gauge(
      'fettle_service_state',
      '1 for the state that the service is in, 0 for the others.',
      services.flatMap(({ name, state }) =>
        states.map((one) => ({
          labels: { service: name, state: one },
          value: one === state ? 1 : 0,
        })),
      ),
    ),
    gauge(
      'fettle_service_memory_bytes',
      'Resident memory over all instances.',
      each((one) => one.memoryBytes),
    ),
    gauge(
      'fettle_service_cpu_ratio',
      'CPU in cores over all instances.',
      each((one) => one.cpuRatio),
    ),
    gauge(
      'fettle_service_instances',
      'Instances of the service.',
      each((one) => one.instances.length),
    ),
    gauge(
      'fettle_service_instances_ready',
      'Instances that may serve.',
      each((one) => one.instances.filter(({ ready }) => ready).length),
    ),
  ];
}

function runFamilies(parts: ApiParts, startups: StartupCounts): readonly Family[] {
  const restarts = new Map<string, Sample>();
  for (const { service, restartsByReason } of parts.link.instances())
    for (const [reason, count] of Object.entries(restartsByReason)) {
      const key = `${service}\n${reason}`;
      const value = (restarts.get(key)?.value ?? 0) + (count ?? 0);
      restarts.set(key, { labels: { service, reason }, value });
    }
  const checks = parts.health
    .durations()
    .flatMap(({ service, check, histogram }) => histogramSamples({ service, check }, histogram));
  return [
    counter('fettle_service_restarts_total', 'Restarts by reason over the life of the stack.', [
      ...restarts.values(),
    ]),
    {
      name: 'fettle_service_startup_duration_seconds',
      help: 'From the start of a run until it was ready, since the controller started.',
      type: 'histogram',
      samples: startups.durationSamples(),
    },
    counter(
      'fettle_service_startup_failures_total',
      'Runs that failed to become ready, by kind of error, since the controller started.',
      startups.failureSamples(),
    ),
    {
      name: 'fettle_check_duration_seconds',
      help: 'How long health checks took, since the controller started.',
      type: 'histogram',
      samples: checks,
    },
  ];
}

function daemonFamilies(
  parts: ApiParts,
  facts: Readonly<{ connections: () => number; streams: () => number }>,
): readonly Family[] {
  const { buffered, dropped } = parts.journal.state();
  const { version } = parts;
  return [
    gauge('fettle_build_info', 'Version of Fettle and of Node, always 1.', [
      { labels: { version, node: process.version }, value: 1 },
    ]),
    gauge(
      'fettle_active_connections',
      'Open HTTP connections to the API.',
      one(facts.connections()),
    ),
    gauge('fettle_active_streams', 'Live event and log streams.', one(facts.streams())),
    gauge(
      'fettle_supervisor_connected',
      '1 while the supervisor is reached.',
      one(parts.link.connected() ? 1 : 0),
    ),
    counter(
      'fettle_journal_events_total',
      'Number of the last event in the journal.',
      one(parts.journal.lastSeq()),
    ),
    gauge('fettle_journal_buffered_events', 'Events that wait for the disk.', one(buffered)),
    counter(
      'fettle_journal_dropped_events_total',
      'Events dropped while the disk took none.',
      one(dropped),
    ),
    gauge('fettle_store_bytes', 'Size of the database on disk.', one(parts.store.sizeBytes())),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: 'counter', samples };
}

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}
