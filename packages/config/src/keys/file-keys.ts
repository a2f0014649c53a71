/**
 * `configs:`, `secrets:` and `cleanup:`: files that Fettle watches, and files that it may delete.
 *
 * Compose's words. A process reads its files itself, so nothing is mounted: what stands here is
 * watched, its last good version is kept, and a secret's content is never shown.
 */
import { mapping } from '../shape/mapping.ts';
import { text } from '../shape/scalars.ts';
import {
  key,
  listOf,
  mapOf,
  mapped,
  oneOf,
  type Located,
  type NamedEntry,
} from '../shape/shape.ts';
import type { Shape } from '../shape/shape.ts';
import type { ConfigNode, Spot } from '../source/node.ts';

/** `node`: where the path stands, relative to its file. */
export type FileWish = Readonly<{ path: string; node: ConfigNode }>;

export const fileKeys = {
  file: key(text('a path'), 'compose', 'The file, relative to the folder of the config.'),
} as const;
/** They fill a container's file from elsewhere; there is none here. */
const filledFromElsewhere = [
  'content',
  'driver',
  'driver_opts',
  'environment',
  'external',
  'labels',
  'name',
  'template_driver',
];

const oneFile = oneOf<FileWish | null>('the path of a file, or a mapping with `file`', [
  mapped(text('the path of a file'), (path, node) => ({ path, node })),
  mapped(
    mapping(fileKeys, { wanted: 'a mapping with `file`', ignored: filledFromElsewhere }),
    ({ file }) => (file === undefined ? null : { path: file.value, node: file.node }),
  ),
]);
export const watchedFiles: Shape<readonly NamedEntry<FileWish | null>[]> = mapOf(
  oneFile,
  'names, each with the path of a file',
);

export type Grant = Readonly<{ name: string; spot: Spot }>;
export const grantKeys = {
  source: key(text('a name'), 'compose', 'Its name in the top `configs` or `secrets`.'),
} as const;
const placedInContainers = ['target', 'uid', 'gid', 'mode'];
const oneGrant = oneOf<Grant>('a name', [
  mapped(text('a name'), (name, node) => ({ name, spot: node.spot })),
  mapped(
    mapping(grantKeys, {
      wanted: 'a name, or a mapping with `source`',
      required: ['source'],
      ignored: placedInContainers,
    }),
    ({ source }, node) => ({ name: source?.value ?? '', spot: source?.node.spot ?? node.spot }),
  ),
]);
export const grants: Shape<readonly Grant[]> = mapped(
  listOf(oneGrant, 'a list of names'),
  (items: readonly Located<Grant>[]) => items.map((item) => item.value),
);

export type GlobWish = Readonly<{ glob: string; node: ConfigNode }>;
const glob = mapped(text('a path with * or **'), (written, node) => ({ glob: written, node }));
export const globs = oneOf<readonly GlobWish[]>('a path with * or **, or a list of these', [
  mapped(listOf(glob), (items) => items.map((item) => item.value)),
  mapped(glob, (one) => [one]),
]);
