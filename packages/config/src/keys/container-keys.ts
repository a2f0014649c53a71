/** Keys of the Compose specification that speak of containers. A process has no use for them. */
import { mapping } from '../shape/mapping.ts';
import { byteSize, flag, parsed, pattern, text, words } from '../shape/scalars.ts';
import { anything, key, listOf, mapOf, mapped, oneOf, type Shape } from '../shape/shape.ts';
import { asPairs } from '../source/merge.ts';
import type { ConfigNode } from '../source/node.ts';
import { pairsShape } from './pair-keys.ts';

export const buildKeys = {
  context: key(
    text('a folder'),
    'compose',
    'The folder that is sent to the engine; `.` unless told.',
  ),
  dockerfile: key(text('a path'), 'compose', 'Relative to the context; Dockerfile unless told.'),
  target: key(text('a stage'), 'compose', 'The stage to stop at.'),
  args: key(pairsShape, 'compose', 'Values of its ARGs.'),
} as const;
const buildIgnored = [
  'additional_contexts',
  'cache_from',
  'cache_to',
  'dockerfile_inline',
  'entitlements',
  'extra_hosts',
  'isolation',
  'labels',
  'network',
  'no_cache',
  'platforms',
  'privileged',
  'provenance',
  'pull',
  'sbom',
  'secrets',
  'shm_size',
  'ssh',
  'tags',
  'ulimits',
];
const buildMapping = mapping(buildKeys, {
  wanted: 'a folder, or a mapping with `context`',
  ignored: buildIgnored,
});
export type BuildFields = NonNullable<ReturnType<typeof buildMapping.read>>;
export type BuildWish = Readonly<{ fields: BuildFields; folder: string | null }>;
export const buildShape = oneOf<BuildWish>('a folder, or a mapping with `context`', [
  mapped(text('a folder'), (folder): BuildWish => ({ fields: {}, folder })),
  mapped(buildMapping, (fields): BuildWish => ({ fields, folder: null })),
]);

export const volumeKeys = {
  type: key(words(['bind', 'volume', 'tmpfs'] as const), 'compose', 'bind, volume or tmpfs.'),
  source: key(
    text('a path or a name'),
    'compose',
    'A path of this machine, or the name of a volume.',
  ),
  target: key(text('a path'), 'compose', 'Where it appears inside.'),
  read_only: key(flag, 'compose', 'true: it cannot be written to from inside.'),
} as const;
export type VolumeWish = Readonly<{
  kind: 'bind' | 'volume' | 'tmpfs' | null;
  source: string | null;
  target: string;
  readOnly: boolean;
  node: ConfigNode;
}>;

/** `[source:]target[:options]`. */
const volumeShort = mapped(
  parsed<Readonly<{ source: string | null; target: string; options: string }>>(
    {
      wanted: 'a volume such as data:/var/lib/data, ./conf:/etc/app:ro or /cache',
      code: 'E-CONFIG-VALUE',
      json: { type: 'string' },
    },
    (written) => {
      const parts = written.split(':');
      const [first = '', second, third] = parts;
      if (parts.length > 3 || parts.some((part) => part === '')) return null;
      if (second === undefined)
        return first.startsWith('/') ? { source: null, target: first, options: '' } : null;
      if (!second.startsWith('/')) return null;
      return { source: first, target: second, options: third ?? '' };
    },
  ),
  ({ source, target, options }, node): VolumeWish => ({
    kind: null,
    source,
    target,
    readOnly: options.split(',').includes('ro'),
    node,
  }),
);
const volumeLong = mapped(
  mapping(volumeKeys, {
    wanted: 'a mapping with `type`, `source` and `target`',
    required: ['target'],
    ignored: ['bind', 'consistency', 'image', 'tmpfs', 'volume'],
  }),
  ({ type, source, target, read_only: readOnly }, node): VolumeWish => ({
    kind: type?.value ?? null,
    source: source?.value ?? null,
    target: target?.value ?? '',
    readOnly: readOnly?.value ?? false,
    node,
  }),
);
const volumes = listOf(
  oneOf<VolumeWish>('a volume such as data:/var/lib/data', [volumeShort, volumeLong]),
  'a list of volumes such as ["data:/var/lib/data"]',
);

const oneWord = text();
/** One text, or a list of them. */
const textList: Shape<readonly string[]> = oneOf<readonly string[]>('text, or a list of texts', [
  mapped(listOf(oneWord, 'a list of texts'), (items) => items.map(({ value }) => value)),
  mapped(oneWord, (one) => [one]),
]);
/** `name:address`, as a list or a mapping. */
const hostList: Shape<readonly string[]> = {
  ...textList,
  fits: (node) => textList.fits(node) || asPairs(node) !== null,
  read: (node, path, sink) => {
    if (node.kind !== 'map')
      return textList.read(node, path, sink)?.map((one) => one.replace('=', ':'));
    const pairs = pairsShape.read(node, path, sink);
    return pairs?.map(({ name, value }) => `${name}:${value ?? ''}`);
  },
  json: { anyOf: [textList.json, pairsShape.json] },
};

export const containerKeys = {
  image: key(text('an image'), 'compose', 'Runs it as a container of this image.'),
  build: key(
    buildShape,
    'compose',
    'How to build its image; with a `command` and no `image` beside it, ignored.',
  ),
  volumes: key(volumes, 'compose', 'Folders and volumes that it sees inside.'),
  pull_policy: key(
    words(['missing', 'if_not_present', 'always', 'never', 'build'] as const),
    'compose',
    'When its image is fetched; `missing` unless told.',
  ),
  platform: key(text('a platform'), 'compose', 'Of its image, such as linux/arm64.'),
  container_name: key(
    pattern(/^[A-Za-z0-9][A-Za-z0-9_.-]+$/, 'a name of letters, digits, _ . and -'),
    'compose',
    'Its name at the engine; stack-service-1 unless told.',
  ),
  hostname: key(text('a name'), 'compose', 'Its host name inside.'),
  user: key(text('a user'), 'compose', 'The user it runs as inside.'),
  expose: key(
    textList,
    'compose',
    'The port inside; the first is published when `ports` says none.',
  ),
  network_mode: key(
    words(['bridge', 'host', 'none'] as const),
    'compose',
    "`host`: the machine's own network; `none`: no network.",
  ),
  extra_hosts: key(hostList, 'compose', 'Further names that it knows, each `name:address`.'),
  dns: key(textList, 'compose', 'Its name servers.'),
  tmpfs: key(textList, 'compose', 'Folders inside that live in memory.'),
  shm_size: key(byteSize, 'compose', 'Size of /dev/shm.'),
  init: key(flag, 'compose', 'true: a small init stands before its program and collects the dead.'),
  tty: key(flag, 'compose', 'true: its output is a terminal.'),
  read_only: key(flag, 'compose', 'true: it cannot write into itself.'),
  privileged: key(flag, 'compose', 'true: it may do all that the engine may.'),
  cap_add: key(textList, 'compose', 'Capabilities that it gets.'),
  cap_drop: key(textList, 'compose', 'Capabilities that it loses.'),
  security_opt: key(textList, 'compose', 'Options of its confinement.'),
  group_add: key(textList, 'compose', 'Further groups of its user.'),
  sysctls: key(pairsShape, 'compose', 'Kernel settings inside.'),
} as const;

export const topVolumeKeys = {
  name: key(text('a name'), 'compose', 'Its full name; `<stack>_<name>` unless told.'),
  external: key(flag, 'compose', 'true: it exists and belongs to somebody else.'),
} as const;
const topVolume = mapping(topVolumeKeys, {
  wanted: 'a mapping with `name` or `external`, or nothing',
  ignored: ['driver', 'driver_opts', 'labels'],
});
export type TopVolume = NonNullable<ReturnType<typeof topVolume.read>>;
/** The top `volumes`. */
export const namedVolumes = mapOf(
  oneOf<TopVolume>('a mapping, or nothing', [
    {
      ...mapped(anything, () => ({})),
      fits: (node) => node.kind === 'scalar' && node.value === null,
      json: { type: 'null' },
    },
    topVolume,
  ]),
  'names of volumes',
);
