/** Builds the container part of a service, and says what of it means nothing to a process. */
import { resolve } from 'node:path';
import type {
  Container,
  ContainerCheck,
  ImageBuild,
  Mount,
  PublishedPort,
} from '@fettle/core/stack/container';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import { containerKeys, type TopVolume, type VolumeWish } from '../keys/container-keys.ts';
import { firstLine, type NamedEntry } from '../shape/shape.ts';
import type { ServiceFields } from '../keys/service-keys.ts';
import type { CommandText } from '../keys/health-keys.ts';
import type { ProblemSink } from '../problem/problem.ts';
import type { ConfigNode } from '../source/node.ts';
import { splitWords } from './command.ts';
import type { BuildContext } from './context.ts';
import { orDefault } from './health.ts';

/** An image, or a folder to build one from and no command to run here instead. */
export function isContainer({
  image,
  build,
  command,
  entrypoint,
  external,
}: ServiceFields): boolean {
  if (external?.value === true) return false;
  return (
    image !== undefined ||
    (build !== undefined && command === undefined && entrypoint === undefined)
  );
}

export type ContainerContext = BuildContext &
  Readonly<{ stack: string; volumes: readonly NamedEntry<TopVolume>[] }>;

type Where = Readonly<{ name: string; path: string; context: ContainerContext }>;

export function buildContainer(fields: ServiceFields, where: Where): Container {
  const { stack } = where.context;
  const build = buildImage(fields, where);
  const text = (key: 'platform' | 'hostname' | 'user') => fields[key]?.value ?? null;
  const list = (
    key: 'cap_add' | 'cap_drop' | 'security_opt' | 'group_add' | 'dns' | 'extra_hosts',
  ) => fields[key]?.value ?? [];
  const flag = (key: 'init' | 'privileged' | 'read_only' | 'tty') => fields[key]?.value ?? false;
  const mode = fields.network_mode?.value ?? 'bridge';
  return {
    image: fields.image?.value ?? `${stack}-${where.name}`,
    build,
    pull: pullOf(fields),
    platform: text('platform'),
    name: fields.container_name?.value ?? null,
    entrypoint: fields.entrypoint === undefined ? null : wordsOf(fields.entrypoint.value),
    workingDir: fields.working_dir?.value ?? null,
    user: text('user'),
    hostname: text('hostname'),
    ...portsOf(fields),
    mounts: mountsOf(fields, where),
    healthcheck: checkOf(fields),
    stopSignal: fields.stop_signal?.value ?? null,
    network: mode === 'bridge' ? 'stack' : mode,
    settings: {
      init: flag('init'),
      privileged: flag('privileged'),
      readOnly: flag('read_only'),
      tty: flag('tty'),
      shmBytes: fields.shm_size?.value ?? null,
      capAdd: list('cap_add'),
      capDrop: list('cap_drop'),
      extraHosts: list('extra_hosts'),
      securityOpt: list('security_opt'),
      groupAdd: list('group_add'),
      dns: list('dns'),
      sysctls: Object.fromEntries(
        (fields.sysctls?.value ?? []).map(({ name, value }) => [name, value ?? '']),
      ),
    },
  };
}

function pullOf({ pull_policy: policy }: ServiceFields): Container['pull'] {
  const word = policy?.value;
  return word === 'always' || word === 'never' ? word : 'missing';
}

/** What is given to the entry point: Compose splits text as a shell would, and runs no shell. */
export function containerCommand({ command }: ServiceFields): readonly string[] {
  return command === undefined ? [] : wordsOf(command.value);
}

function wordsOf(command: CommandText): readonly string[] {
  return command.kind === 'list' ? command.words : splitWords(command.text).words;
}

function buildImage(fields: ServiceFields, { context }: Where): ImageBuild | null {
  if (fields.build === undefined) return null;
  const { value, node } = fields.build;
  const { context: folder, dockerfile, target, args } = value.fields;
  const base = (folder?.node ?? node).spot.source.baseDir;
  return {
    context: resolve(base, folder?.value ?? value.folder ?? '.'),
    dockerfile: dockerfile?.value ?? null,
    target: target?.value ?? null,
    args: Object.fromEntries(
      (args?.value ?? []).map((arg) => [arg.name, arg.value ?? context.lookup(arg.name) ?? '']),
    ),
  };
}

function isUdp(node: ConfigNode): boolean {
  if (node.kind === 'scalar') return node.text.endsWith('/udp');
  const protocol = node.kind === 'map' ? node.entries.get('protocol')?.value : undefined;
  return protocol?.kind === 'scalar' && protocol.text === 'udp';
}

/** The first TCP port is the service's own (`Service.port` says where); others stand as written. */
function portsOf(fields: ServiceFields): Pick<Container, 'target' | 'published'> {
  const ports = fields.ports?.value ?? [];
  const main = ports.find(({ node }) => !isUdp(node));
  const published = ports.flatMap((one): readonly PublishedPort[] => {
    if (one === main) return [];
    const { preferred, host, target } = one.value;
    const [range] = preferred;
    const inside = target ?? range;
    if (range === undefined || inside === undefined) return [];
    const protocol = isUdp(one.node) ? 'udp' : 'tcp';
    return Array.from({ length: inside.to - inside.from + 1 }, (_, at) => ({
      host: host ?? '127.0.0.1',
      port: Math.min(range.to, range.from + at),
      target: inside.from + at,
      protocol,
    }));
  });
  const exposed = Number(/^\d+/.exec(fields.expose?.value[0] ?? '')?.[0] ?? Number.NaN);
  const target =
    main?.value.target?.from ??
    (Number.isNaN(exposed) ? null : exposed) ??
    fields.port?.value.preferred[0]?.from ??
    null;
  return { target, published };
}

function mountsOf(fields: ServiceFields, where: Where): readonly Mount[] {
  const volumes = (fields.volumes?.value ?? []).map(({ value }) => mountOf(value, where));
  const tmpfs = (fields.tmpfs?.value ?? []).map((target): Mount => ({
    kind: 'tmpfs',
    source: null,
    target,
    readOnly: false,
  }));
  return [...volumes, ...tmpfs];
}

function mountOf(
  { kind, source, target, readOnly, node }: VolumeWish,
  { name, path, context }: Where,
): Mount {
  const isPath = source !== null && /^[./~]/.test(source);
  const is = kind ?? (isPath ? 'bind' : 'volume');
  if (is === 'tmpfs' || source === null) return { kind: is, source: null, target, readOnly };
  if (is === 'bind') {
    const home = context.lookup('HOME') ?? '/root';
    const file = resolve(node.spot.source.baseDir, source.replace(/^~(?=\/|$)/, home));
    return { kind: is, source: file, target, readOnly };
  }
  const top = context.volumes.find((volume) => volume.name === source);
  if (top === undefined)
    context.sink.add({
      code: 'E-CONFIG-VALUE',
      spot: firstLine(node),
      path: `${path}.volumes`,
      seen: source,
      allowed: context.volumes.map((volume) => volume.name),
      message: `\`${name}\` uses the volume \`${source}\`, which the top \`volumes\` does not name`,
      hint: `Add \`volumes: {${source}: }\` at the top, or write \`./${source}\` for a folder.`,
    });
  const full = top?.value.name?.value;
  const own = top?.value.external?.value === true ? source : `${context.stack}_${source}`;
  return { kind: is, source: full ?? own, target, readOnly };
}

function checkOf({ healthcheck }: ServiceFields): ContainerCheck | 'none' | null {
  if (healthcheck === undefined) return null;
  const { value } = healthcheck;
  const test = value.test?.value;
  if (value.disable?.value === true) return 'none';
  if (test === undefined) return null;
  if (test.kind === 'list' && test.words[0] === 'NONE') return 'none';
  return {
    test: test.kind === 'text' ? ['CMD-SHELL', test.text] : test.words,
    intervalMs: orDefault(value.interval?.value, 30_000),
    timeoutMs: orDefault(value.timeout?.value, 30_000),
    retries: orDefault(value.retries?.value, 3),
    startPeriodMs: value.start_period?.value ?? 0,
  };
}

/** What the engine says of it: running, and healthy where the image or the config has a check. */
export function engineCheck(name: string): HealthCheck {
  return {
    name,
    role: 'both',
    probe: { kind: 'container' },
    intervalMs: 2_000,
    timeoutMs: 2_000,
    downAfter: 2,
    upAfter: 1,
    startPeriodMs: 30_000,
    startIntervalMs: 500,
    required: true,
    attest: false,
  };
}

/** Keys of containers that a process has no use for: named, as any other that is ignored. */
export function sayUnused(fields: ServiceFields, path: string, sink: ProblemSink): void {
  for (const name of Object.keys(containerKeys) as (keyof typeof containerKeys)[]) {
    const field = fields[name];
    if (field === undefined || name === 'image' || name === 'build') continue;
    sink.add({
      code: 'W-CONFIG-IGNORED',
      spot: firstLine(field.node),
      path: `${path}.${name}`,
      seen: name,
      message: `\`${name}\` has no meaning for a process and is ignored`,
      hint: 'Remove it, or give the service an `image`.',
    });
  }
}
