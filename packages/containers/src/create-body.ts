/** What the engine is asked to create, from what the stack says. Pure. */
import { createHash } from 'node:crypto';
import type { Container, Mount, PublishedPort } from '@fettle/core/stack/container';
import { hostName, instanceLabel, stackLabel } from '@fettle/core/stack/container';
import type { StartOrder } from '@fettle/core/supervise/container-wire';

export type Surroundings = Readonly<{
  /** 16 hex digits that name the state folder. */
  hash: string;
  image: string;
  /** Name and gateway of the stack's network; null: it is not on it. */
  network: Readonly<{ name: string; gateway: string }> | null;
}>;

/** What was created by which words: another one is created when this differs. */
export const bodyLabel = 'dev.fettle.body';
const msInNs = 1_000_000;
/** What the engine keeps of a log for as long as nobody reads it. */
const logOptions = { 'max-size': '50m', 'max-file': '2' };
/** They differ from start to start, and a container keeps what it was created with. */
const ofTheRun = /^(?:FETTLE_URL|OTEL_)/;

export function createBody(order: StartOrder, around: Surroundings) {
  const { launch, environment, command, limits } = order;
  const { container } = launch;
  const { settings } = container;
  const ports = portsOf(order);
  const body = {
    Image: around.image,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(command.length === 0 ? {} : { Cmd: command }),
    ...(container.entrypoint === null ? {} : { Entrypoint: container.entrypoint }),
    ...(container.workingDir === null ? {} : { WorkingDir: container.workingDir }),
    ...(container.user === null ? {} : { User: container.user }),
    ...(container.hostname === null ? {} : { Hostname: container.hostname }),
    ...(container.stopSignal === null ? {} : { StopSignal: container.stopSignal }),
    Tty: settings.tty,
    ...healthOf(container),
    ExposedPorts: Object.fromEntries(ports.map((one) => [portKey(one), {}])),
    HostConfig: {
      // Restarts have one owner, and that is the supervisor.
      RestartPolicy: { Name: 'no' },
      Binds: container.mounts.filter(({ kind }) => kind !== 'tmpfs').flatMap(bindOf),
      Tmpfs: Object.fromEntries(
        container.mounts.filter(({ kind }) => kind === 'tmpfs').map(({ target }) => [target, '']),
      ),
      PortBindings: bindingsOf(ports),
      LogConfig: { Type: 'json-file', Config: logOptions },
      NetworkMode: around.network?.name ?? container.network,
      Memory: limits.memoryBytes ?? 0,
      NanoCpus: limits.cpus === null ? 0 : Math.round(limits.cpus * 1e9),
      PidsLimit: limits.processes ?? 0,
      Ulimits:
        limits.openFiles === null
          ? []
          : [{ Name: 'nofile', Soft: limits.openFiles, Hard: limits.openFiles }],
      Init: settings.init,
      Privileged: settings.privileged,
      ReadonlyRootfs: settings.readOnly,
      ...(settings.shmBytes === null ? {} : { ShmSize: settings.shmBytes }),
      CapAdd: settings.capAdd,
      CapDrop: settings.capDrop,
      SecurityOpt: settings.securityOpt,
      GroupAdd: settings.groupAdd,
      Dns: settings.dns,
      Sysctls: settings.sysctls,
      ExtraHosts: extraHosts(container, around.network?.gateway ?? null),
    },
    ...networkingOf(order, around.network?.name ?? null),
  };
  const labels = { [stackLabel]: around.hash, [instanceLabel]: order.instance };
  return { ...body, Labels: { ...labels, [bodyLabel]: hashOf(body) } };
}

export type CreateBody = ReturnType<typeof createBody>;

function hashOf(body: Readonly<{ Env: readonly string[] }>): string {
  const Env = body.Env.filter((line) => !ofTheRun.test(line)).toSorted();
  const text = JSON.stringify({ ...body, Env });
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function healthOf({ healthcheck }: Container) {
  if (healthcheck === null) return {};
  if (healthcheck === 'none') return { Healthcheck: { Test: ['NONE'] } };
  return {
    Healthcheck: {
      Test: healthcheck.test,
      Interval: healthcheck.intervalMs * msInNs,
      Timeout: healthcheck.timeoutMs * msInNs,
      Retries: healthcheck.retries,
      StartPeriod: healthcheck.startPeriodMs * msInNs,
    },
  };
}

function portsOf({ launch }: StartOrder): readonly PublishedPort[] {
  const { container, port } = launch;
  if (container.network !== 'stack') return [];
  if (container.target === null || port === null) return container.published;
  const main = { ...port, target: container.target, protocol: 'tcp' } as const;
  return [main, ...container.published];
}

function portKey({ target, protocol }: PublishedPort): string {
  return `${target}/${protocol}`;
}

function bindingsOf(ports: readonly PublishedPort[]) {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const one of ports)
    (bindings[portKey(one)] ??= []).push({
      HostIp: one.host,
      HostPort: one.port === 0 ? '' : String(one.port),
    });
  return bindings;
}

function bindOf({ source, target, readOnly }: Mount): readonly string[] {
  // A volume without a name is the engine's to name: `/path` alone.
  if (source === null) return [];
  return [`${source}:${target}${readOnly ? ':ro' : ''}`];
}

function extraHosts({ settings, network }: Container, gateway: string | null): readonly string[] {
  if (network !== 'stack' || gateway === null) return settings.extraHosts;
  const own = settings.extraHosts.map((line) => line.replace(/:host-gateway$/, `:${gateway}`));
  return own.some((line) => line.startsWith(`${hostName}:`))
    ? own
    : [...own, `${hostName}:${gateway}`];
}

function networkingOf({ launch, instance }: StartOrder, network: string | null) {
  const unnamed = launch.container.mounts.filter(
    ({ kind, source }) => kind === 'volume' && source === null,
  );
  const Volumes = Object.fromEntries(unnamed.map(({ target }) => [target, {}]));
  if (network === null) return { Volumes };
  const Aliases = [launch.service, instance];
  return { Volumes, NetworkingConfig: { EndpointsConfig: { [network]: { Aliases } } } };
}
