/**
 * Prints a resolved stack as a config again: defaults filled in, variables replaced, secrets
 * masked. Without masking it reads back to the same stack.
 */
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Hooks } from '@fettle/core/stack/hook';
import type { WatchRule } from '@fettle/core/stack/watch-rule';
import type { PortRequest } from '@fettle/core/stack/port';
import type { Rolling, Service, Stack } from '@fettle/core/stack/service';
import { stringify } from 'yaml';
import { containerDocument, volumesDocument } from './show-container.ts';
import { durationText, healDocument, serviceHealDocument } from './show-heal.ts';
import { serverDocument, serverText } from './show-server.ts';
import { redactArguments, redactText, redactValue } from './redact.ts';

type Plain = Record<string, unknown>;
type Masks = Readonly<{
  value(name: string, value: string): string;
  words(words: readonly string[]): readonly string[];
  text(text: string): string;
}>;

const masked: Masks = { value: redactValue, words: redactArguments, text: redactText };
const open: Masks = { value: (_, value) => value, words: (list) => list, text: (text) => text };

/** YAML. `secrets: 'shown'` only for files of mode 0600 and tests. */
export function showStack(
  stack: Stack,
  options: Readonly<{ secrets?: 'masked' | 'shown' }> = {},
): string {
  return stringify(stackDocument(stack, options), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The same as data, for `config show --json`. */
export function stackDocument(
  stack: Stack,
  options: Readonly<{ secrets?: 'masked' | 'shown' }> = {},
): Readonly<Plain> {
  const masks = options.secrets === 'shown' ? open : masked;
  const reserved: Record<string, string[]> = {};
  for (const range of stack.reservedPorts) (reserved[range.class] ??= []).push(rangeText(range));
  const document: Plain = {
    name: stack.name,
    services: Object.fromEntries(
      stack.services.map((service) => [service.name, serviceDocument(service, masks)]),
    ),
  };
  const volumes = volumesDocument(stack.services);
  if (Object.keys(volumes).length > 0) document['volumes'] = volumes;
  if (stack.reservedPorts.length > 0) document['ports'] = { reserved };
  Object.assign(document, healDocument(stack, options.secrets ?? 'masked'));
  return escapeDollars(document) as Plain;
}

function serviceDocument(service: Service, masks: Masks): Plain {
  const document: Plain = service.external
    ? {
        external: true,
        url: service.externalUrl === null ? null : masks.text(service.externalUrl),
        working_dir: service.workingDir,
      }
    : service.container === undefined
      ? { command: masks.words(service.command), working_dir: service.workingDir }
      : containerDocument(service.container, service, masks.words);
  // What comes from a secret is told where it is given.
  const given = new Set(service.given?.map(({ env }) => env));
  const environment = Object.entries(service.environment).filter(([name]) => !given.has(name));
  if (environment.length > 0)
    document['environment'] = Object.fromEntries(
      environment.map(([name, value]) => [name, masks.value(name, value)]),
    );
  if (service.dependsOn.length > 0)
    document['depends_on'] = Object.fromEntries(
      service.dependsOn.map(({ service: name, ...rest }) => [name, rest]),
    );
  Object.assign(document, restartDocument(service), portDocument(service, document));
  // No checks at all is said too: a port without `health` would get its implicit check back.
  if (service.healthChecks.length > 0 || service.port !== null)
    document['health'] = service.healthChecks
      .filter(({ probe }) => probe.kind !== 'container')
      .map((check) => checkDocument(check, masks));
  if (service.container === undefined || service.container.stopSignal !== null)
    document['stop_signal'] = service.stopSignal;
  document['stop_grace_period'] = durationText(service.stopGraceMs);
  if (service.drainMs !== undefined) document['drain'] = durationText(service.drainMs);
  Object.assign(document, limitsDocument(service));
  if (service.templates.length > 0)
    document['templates'] = service.templates.map(({ mode, ...rest }) => ({
      ...rest,
      ...(mode === undefined ? {} : { mode: `0${mode.toString(8)}` }),
    }));
  if (service.watch !== undefined) document['watch'] = service.watch.map(watchDocument);
  if (service.hooks !== undefined) document['hooks'] = hooksDocument(service.hooks, masks);
  if (!service.required) document['required'] = false;
  if (Object.keys(service.labels).length > 0)
    document['labels'] = Object.fromEntries(
      Object.entries(service.labels).map(([name, value]) => [name, masks.value(name, value)]),
    );
  Object.assign(document, scheduleDocument(service), serviceHealDocument(service));
  return document;
}

function restartDocument(service: Service): Plain {
  const { intensity } = service;
  const scale = `${service.minReplicas}-${service.maxReplicas}`;
  return {
    restart: service.restart,
    rerun: service.rerun,
    scale,
    deploy: {
      replicas: service.replicas,
      restart_policy: {
        delay: durationText(intensity.backoff.baseMs),
        max_attempts: intensity.count,
        window: durationText(intensity.periodMs),
      },
      ...(service.rolling === undefined ? {} : { update_config: rollingDocument(service.rolling) }),
    },
  };
}

function rollingDocument({ parallelism, order, delayMs, monitorMs }: Rolling): Plain {
  return {
    parallelism,
    order,
    delay: durationText(delayMs),
    ...(monitorMs === null ? {} : { monitor: durationText(monitorMs) }),
  };
}

function scheduleDocument({ schedule }: Service): Plain {
  if (schedule === undefined) return {};
  const { cron, timezone, missed, overlap, jitterMs, graceMs, maxRuntimeMs } = schedule;
  const times = { jitter: durationText(jitterMs), grace: durationText(graceMs) };
  const most = maxRuntimeMs === null ? {} : { max_runtime: durationText(maxRuntimeMs) };
  return { schedule: { cron, timezone, missed, overlap, ...times, ...most } };
}

/** The port of a container stands in its `ports`. */
function portDocument(service: Service, known: Plain): Plain {
  const document: Plain = {};
  const said = known['ports'] !== undefined || known['expose'] !== undefined;
  if (service.port !== null && !said) document['port'] = portText(service.port, service.external);
  if (service.portClass !== null) document['class'] = service.portClass;
  return document;
}

/** Of an external service the address says the host. */
function portText({ preferred, host, fallback }: PortRequest, external: boolean): unknown {
  const prefer = preferred.length === 0 ? 'auto' : preferred.map(rangeText);
  return external ? { prefer } : { prefer, host, fallback };
}

function rangeText({ from, to }: Readonly<{ from: number; to: number }>): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function checkDocument(check: HealthCheck, masks: Masks): Plain {
  return {
    name: check.name,
    ...probeDocument(check, masks),
    role: check.role,
    interval: durationText(check.intervalMs),
    timeout: durationText(check.timeoutMs),
    retries: check.downAfter,
    up: check.upAfter,
    start_period: durationText(check.startPeriodMs),
    start_interval: durationText(check.startIntervalMs),
    required: check.required,
    attest: check.attest,
  };
}

function probeDocument({ probe }: HealthCheck, masks: Masks): Plain {
  const record = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, masks.value(name, value)]),
    );
  switch (probe.kind) {
    case 'http':
      return withoutNulls({
        http: masks.text(probe.target),
        method: probe.method,
        headers: record(probe.headers),
        status: probe.status.map(rangeText),
        body: probe.body,
        response_headers: record(probe.responseHeaders),
        json: probe.json,
      });
    case 'tcp':
      return { tcp: serverText(probe) };
    case 'ws':
      return withoutNulls({ ws: masks.text(probe.target), send: probe.send, expect: probe.expect });
    case 'exec':
      return { exec: masks.words(probe.command) };
    case 'log':
      return withoutNulls({ log: probe.ready, failing: probe.failing });
    case 'container':
      return { container: true };
    case 'heartbeat': {
      const { id, everyMs, graceMs } = probe;
      return { heartbeat: id, every: durationText(everyMs), grace: durationText(graceMs) };
    }
    case 'mcp':
      return { mcp: masks.text(probe.target), headers: record(probe.headers) };
    case 'grpc':
    case 'redis':
    case 'postgres':
    case 'certificate':
    case 'notify':
      return serverDocument(probe, masks.value);
    default:
      return probe satisfies never;
  }
}

function watchDocument({ paths, ignore, action, debounceMs }: WatchRule): Plain {
  return { paths, ignore, action, debounce: durationText(debounceMs) };
}

function hooksDocument(hooks: Hooks, masks: Masks): Plain {
  return Object.fromEntries(
    Object.entries(hooks).map(([stage, list]) => [
      stage,
      list.map(({ command, workingDir, environment, timeoutMs, onFailure }) =>
        withoutNulls({
          command: masks.words(command),
          working_dir: workingDir,
          environment: Object.fromEntries(
            Object.entries(environment).map(([name, value]) => [name, masks.value(name, value)]),
          ),
          timeout: durationText(timeoutMs),
          // A stop goes on whatever its hooks say, and the reader takes no word for it.
          on_failure: stage.endsWith('_start') ? onFailure : null,
        }),
      ),
    ]),
  );
}

function limitsDocument({ limits }: Service): Plain {
  const document: Plain = {};
  if (limits.memoryBytes !== null) document['mem_limit'] = `${limits.memoryBytes}b`;
  if (limits.cpus !== null) document['cpus'] = limits.cpus;
  if (limits.processes !== null) document['pids_limit'] = limits.processes;
  const { openFiles, userProcesses = null } = limits;
  if (openFiles !== null || userProcesses !== null)
    document['ulimits'] = withoutNulls({ nofile: openFiles, nproc: userProcesses });
  return document;
}

function withoutNulls(document: Plain): Plain {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
}

/** `$` is text in a resolved stack; reading it again must not take it for a variable. */
function escapeDollars(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(escapeDollars);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, escapeDollars(inner)]),
  );
}
