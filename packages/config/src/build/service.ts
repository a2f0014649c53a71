/**
 * Builds one `Service` from its fields: defaults, units and Compose's several words for one thing.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { PortRequest } from '@fettle/core/stack/port';
import type {
  Dependency,
  Limits,
  RestartIntensity,
  RestartMode,
  Service,
} from '@fettle/core/stack/service';
import type { PortWish } from '../keys/port-keys.ts';
import type { ServiceFields } from '../keys/service-keys.ts';
import { firstLine, type NamedEntry } from '../shape/shape.ts';
import { placeOf, type ConfigNode } from '../source/node.ts';
import { joinCommand } from './command.ts';
import {
  buildContainer,
  containerCommand,
  engineCheck,
  isContainer,
  sayUnused,
  type ContainerContext,
} from './container.ts';
import type { BuildContext } from './context.ts';
import { buildEnvironment } from './environment.ts';
import { buildCleanup, grantedFiles } from './files.ts';
import { givenSecrets, givenVariables } from './secrets.ts';
import { buildTemplates } from './templates.ts';
import { buildWatch } from './watch.ts';
import { buildHooks } from './hooks.ts';
import { buildSchedule } from './schedule.ts';
import { addressOf, buildHealth, buildHealthcheck, type HealthHome } from './health.ts';

export type ServiceEntry = NamedEntry<ServiceFields>;

/** `awaited`: somebody waits for this service to complete, which makes it a job. */
export function buildService(
  entry: ServiceEntry,
  awaited: boolean,
  context: ContainerContext,
): Service {
  const { name, value: fields, keySpot } = entry;
  const path = `services.${name}`;
  const external = fields.external?.value === true;
  const externalUrl = external ? (fields.url?.value ?? null) : null;
  const inContainer = isContainer(fields);
  if (!inContainer && !external) sayUnused(fields, path, context.sink);
  const port = buildPort(fields, externalUrl, { path, context });
  const home: HealthHome = {
    service: name,
    path,
    hasPort: port !== null || saysPort(entry.node),
    externalUrl,
    inContainer,
  };
  const given = givenSecrets(fields, name, context);
  const workingDir = inContainer ? context.dir : buildWorkingDir(fields, path, context);
  const restart = buildRestart(fields, awaited);
  return {
    name,
    command: external ? [] : inContainer ? containerCommand(fields) : buildCommand(entry, context),
    workingDir,
    environment: { ...buildEnvironment(fields, path, context), ...givenVariables(given) },
    dependsOn: dependenciesOf(fields),
    ...restart,
    rerun: fields.rerun?.value ?? 'unsafe',
    ...buildReplicas(fields, path, context),
    port,
    portClass: fields.class?.value ?? null,
    healthChecks: buildChecks(fields, home, context),
    stopSignal: fields.stop_signal?.value ?? 'SIGTERM',
    stopGraceMs: fields.stop_grace_period?.value ?? 10_000,
    ...buildRolling(fields),
    limits: buildLimits(fields),
    templates: buildTemplates(fields),
    required: fields.required?.value ?? true,
    external,
    ...(inContainer ? { container: buildContainer(fields, { name, path, context }) } : {}),
    externalUrl,
    labels: Object.fromEntries(
      (fields.labels?.value ?? []).map((label) => [label.name, label.value ?? '']),
    ),
    ...buildHooks(fields, path, context),
    ...(given.length === 0 ? {} : { given }),
    ...buildWatch(fields, { path, workingDir }, context),
    ...buildHealing(fields, path, context),
    ...buildSchedule(fields, name, context),
    place: placeOf(keySpot),
  };
}

/** Only what the config says: an absent key stays absent. */
function buildHealing(
  fields: ServiceFields,
  path: string,
  { dir, sink, watched, sources }: BuildContext,
): Pick<Service, 'heal' | 'cleanup' | 'configs' | 'envFiles'> {
  const heal = fields.heal?.value;
  const cleanup = buildCleanup(fields.cleanup?.value ?? [], { path, dir, sink });
  const configs = grantedFiles(fields, watched, { path, sink, sources });
  const envFiles = (fields.env_file?.value ?? []).flatMap((wish) =>
    wish.path === '' ? [] : [resolve(wish.spot.source.baseDir, wish.path)],
  );
  return {
    ...(heal === undefined ? {} : { heal }),
    ...(cleanup.length === 0 ? {} : { cleanup }),
    ...(configs.length === 0 ? {} : { configs }),
    ...(envFiles.length === 0 ? {} : { envFiles }),
  };
}

export function dependenciesOf(fields: ServiceFields): readonly Dependency[] {
  return (fields.depends_on?.value ?? []).map(({ service, condition, required, restart }) => ({
    service,
    condition,
    required,
    restart,
  }));
}

/** A port of the wrong form has been reported; that a check lacks it would be told on top. */
function saysPort(node: ConfigNode): boolean {
  return node.kind === 'map' && (node.entries.has('port') || node.entries.has('ports'));
}

function buildCommand(
  { name, value: fields, keySpot, node }: ServiceEntry,
  context: BuildContext,
): readonly string[] {
  const { command, entrypoint } = fields;
  if (command === undefined && entrypoint === undefined) {
    // A command of the wrong type has been reported already.
    const reported =
      node.kind === 'map' && (node.entries.has('command') || node.entries.has('entrypoint'));
    if (!reported)
      context.sink.add({
        code: 'E-CONFIG-REQUIRED',
        spot: keySpot,
        path: `services.${name}`,
        allowed: ['command'],
        message: `service \`${name}\` does not say what to run: it has no \`command\``,
        hint: `Add \`command:\`, or \`external: true\` with \`url:\` when it runs elsewhere.`,
      });
    return [];
  }
  const result = joinCommand(entrypoint?.value ?? null, command?.value ?? null);
  if (result.kind === 'argv') return result.argv;
  const at = command ?? entrypoint;
  context.sink.add({
    code: 'E-CONFIG-COMMAND',
    spot: at === undefined ? keySpot : firstLine(at.node),
    path: `services.${name}.command`,
    seen: at?.node.kind === 'scalar' ? at.node.text : null,
    message: `the command of \`${name}\` ${result.message}`,
    hint: result.hint,
  });
  return [];
}

function buildWorkingDir(fields: ServiceFields, path: string, context: BuildContext): string {
  const wish = fields.working_dir;
  if (wish === undefined) return context.dir;
  const dir = resolve(wish.node.spot.source.baseDir, wish.value);
  const facts = statSync(dir, { throwIfNoEntry: false });
  if (facts?.isDirectory() !== true)
    context.sink.add({
      code: 'E-CONFIG-WORKING-DIR',
      spot: wish.node.spot,
      path: `${path}.working_dir`,
      seen: wish.value,
      message: `the working directory ${wish.value} ${facts === undefined ? 'does not exist' : 'is no folder'}`,
      hint: 'Create it, or correct the path: it is relative to the folder of the config.',
    });
  return dir;
}

type Where = Readonly<{ path: string; context: BuildContext }>;

function buildPort(
  fields: ServiceFields,
  externalUrl: string | null,
  where: Where,
): PortRequest | null {
  const wish = fields.port?.value ?? publishedPort(fields, where);
  if (externalUrl !== null && wish === null) {
    const { host, port } = addressOf(externalUrl);
    return port === null ? null : { preferred: [{ from: port, to: port }], host, fallback: false };
  }
  // Processes of this machine reach it by a published port only.
  if (wish === null && isContainer(fields) && fields.expose !== undefined)
    return { preferred: [], host: '127.0.0.1', fallback: true };
  if (wish === null) return null;
  const host = wish.host ?? (externalUrl === null ? '127.0.0.1' : addressOf(externalUrl).host);
  return { preferred: wish.preferred, host, fallback: externalUrl === null && wish.fallback };
}

function isUdp(node: ConfigNode): boolean {
  if (node.kind === 'scalar') return node.text.endsWith('/udp');
  const protocol = node.kind === 'map' ? node.entries.get('protocol')?.value : undefined;
  return protocol?.kind === 'scalar' && protocol.text === 'udp';
}

function publishedPort(fields: ServiceFields, { path, context }: Where): PortWish | null {
  // Probes and allocations are TCP; a UDP port is the process's own business.
  const [first, second] = (fields.ports?.value ?? []).filter(({ node }) => !isUdp(node));
  if (first === undefined) return null;
  if (second !== undefined && !isContainer(fields))
    context.sink.add({
      code: 'W-CONFIG-IGNORED',
      spot: firstLine(second.node),
      path: `${path}.ports`,
      message: 'only the first of `ports` is the port of a process; the others are ignored',
      hint: 'Keep one, or split the service.',
    });
  return first.value;
}

function buildChecks(
  fields: ServiceFields,
  home: HealthHome,
  context: BuildContext,
): readonly HealthCheck[] {
  if (home.inContainer) return containerChecks(fields, home, context);
  const checks = buildHealth(fields.health?.value ?? [], home, context);
  const compose = fields.healthcheck;
  if (compose !== undefined) {
    const check = buildHealthcheck(compose, home, context);
    if (check === null) return checks;
    const taken = checks.some(({ name }) => name === check.name);
    return [...checks, taken ? { ...check, name: 'healthcheck' } : check];
  }
  if (fields.health !== undefined || !home.hasPort) return checks;
  return [...checks, implicitCheck(home)];
}

/** The engine runs `healthcheck` inside; `health` is asked from here, and its port without either. */
function containerChecks(
  fields: ServiceFields,
  home: HealthHome,
  context: BuildContext,
): readonly HealthCheck[] {
  const own = buildHealth(fields.health?.value ?? [], home, context);
  const checks = [engineCheck('container'), ...own];
  if (fields.health !== undefined || !home.hasPort) return checks;
  if (fields.healthcheck !== undefined) {
    // Read for its problems only.
    buildHealthcheck(fields.healthcheck, home, context);
    return checks;
  }
  return [...checks, { ...implicitCheck(home), attest: false }];
}

/** A port without a check: it is ready once it listens. It never restarts anything. */
function implicitCheck(home: HealthHome): HealthCheck {
  return {
    name: 'port',
    role: 'readiness',
    probe:
      home.externalUrl === null
        ? { kind: 'tcp', host: null, port: null }
        : { kind: 'tcp', ...addressOf(home.externalUrl) },
    intervalMs: 5_000,
    timeoutMs: 2_000,
    downAfter: 3,
    upAfter: 2,
    startPeriodMs: 30_000,
    startIntervalMs: 500,
    required: true,
    attest: home.externalUrl === null,
  };
}

type RestartPart = Readonly<{
  restart: RestartMode;
  oneShot: boolean;
  intensity: RestartIntensity;
}>;

function buildRestart(fields: ServiceFields, awaited: boolean): RestartPart {
  const policy = fields.deploy?.value.restart_policy?.value;
  const conditions = { none: 'no', 'on-failure': 'on-failure', any: 'always' } as const;
  const said =
    fields.restart?.value.mode ?? (policy?.condition && conditions[policy.condition.value]);
  const isJob = awaited || fields.schedule !== undefined;
  const restart = said ?? (isJob ? 'no' : 'always');
  const baseMs = policy?.delay?.value ?? 100;
  return {
    restart,
    oneShot: restart === 'no' || isJob,
    intensity: {
      count: fields.restart?.value.count ?? policy?.max_attempts?.value ?? 5,
      periodMs: policy?.window?.value ?? 60_000,
      backoff: { baseMs: Math.max(1, baseMs), maxMs: Math.max(30_000, baseMs) },
    },
  };
}

function buildReplicas(fields: ServiceFields, path: string, context: BuildContext) {
  const wanted = fields.deploy?.value.replicas;
  const range = fields.scale?.value ?? { from: wanted?.value ?? 1, to: wanted?.value ?? 1 };
  const replicas = wanted?.value ?? range.from;
  if (replicas < range.from || replicas > range.to)
    context.sink.add({
      code: 'E-CONFIG-RANGE',
      spot: wanted?.node.spot ?? fields.scale!.node.spot,
      path: `${path}.deploy.replicas`,
      seen: String(replicas),
      message: `deploy.replicas is ${replicas}, outside scale ${range.from}-${range.to}`,
      hint: 'Make both agree, or keep one of them.',
    });
  return { replicas, minReplicas: range.from, maxReplicas: range.to };
}

/** Only what the config says: an absent key stays absent. */
function buildRolling(fields: ServiceFields): Pick<Service, 'drainMs' | 'rolling'> {
  const wish = fields.deploy?.value.update_config?.value;
  const drainMs = fields.drain?.value;
  return {
    ...(drainMs === undefined ? {} : { drainMs }),
    ...(wish === undefined
      ? {}
      : {
          rolling: {
            parallelism: wish.parallelism?.value ?? 1,
            delayMs: wish.delay?.value ?? 0,
            monitorMs: wish.monitor?.value ?? null,
            order: wish.order?.value ?? 'stop-first',
          },
        }),
  };
}

function buildLimits(fields: ServiceFields): Limits {
  const limits = fields.deploy?.value.resources?.value.limits?.value;
  const ulimits = fields.ulimits?.value;
  const nproc = ulimits?.nproc?.value ?? null;
  return {
    memoryBytes: limits?.memory?.value ?? fields.mem_limit?.value ?? null,
    cpus: limits?.cpus?.value ?? fields.cpus?.value ?? null,
    openFiles: ulimits?.nofile?.value ?? null,
    processes: limits?.pids?.value ?? fields.pids_limit?.value ?? null,
    ...(nproc === null ? {} : { userProcesses: nproc }),
  };
}
