/**
 * `configs:`, `secrets:` and `cleanup:`: files that Fettle watches, and files that it may delete.
 *
 * Compose's words. A process reads its files itself, so nothing is mounted: what stands here is
 * watched, its last good version is kept, and a secret's content is never shown. What comes from
 * elsewhere is given to a service as a variable, or as a file of its own.
 */
import { mapping } from '../shape/mapping.ts';
import { pattern, text } from '../shape/scalars.ts';
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
import { commandShape, type CommandText } from './health-keys.ts';
import type { ConfigNode, Spot } from '../source/node.ts';

/** `node`: where it stands; paths are relative to its file. */
export type SourceWish =
  | Readonly<{ kind: 'file'; path: string; node: ConfigNode }>
  | Readonly<{ kind: 'environment'; variable: string; node: ConfigNode }>
  | Readonly<{ kind: 'command'; command: CommandText; node: ConfigNode }>
  | Readonly<{ kind: 'content'; text: string; node: ConfigNode }>;

export const fileKeys = {
  file: key(text('a path'), 'compose', 'The file, relative to the folder of the config.'),
  environment: key(
    text('a variable'),
    'compose',
    'The variable of your shell or .env that holds it.',
  ),
  command: key(
    commandShape,
    'fettle',
    'A command that prints it, run by `up`, `run` and `config diff`.',
  ),
  content: key(text('text', { empty: true }), 'compose', 'It stands here; for configs.'),
} as const;
/** They fill a container's file from elsewhere; there is none here. */
const filledFromElsewhere = [
  'driver',
  'driver_opts',
  'external',
  'labels',
  'name',
  'template_driver',
];

/** Several sources are told as a problem; none, as of an external one, is none. */
const oneSource = mapping(fileKeys, {
  wanted: 'a mapping with `file`, `environment`, `command` or `content`',
  ignored: filledFromElsewhere,
});
const sources: Shape<readonly SourceWish[]> = mapped(oneSource, (fields): readonly SourceWish[] => {
  const { file, environment, command, content } = fields;
  return [
    ...(file === undefined ? [] : [{ kind: 'file', path: file.value, node: file.node } as const]),
    ...(environment === undefined
      ? []
      : [{ kind: 'environment', variable: environment.value, node: environment.node } as const]),
    ...(command === undefined
      ? []
      : [{ kind: 'command', command: command.value, node: command.node } as const]),
    ...(content === undefined
      ? []
      : [{ kind: 'content', text: content.value, node: content.node } as const]),
  ];
});
const anySource = oneOf<readonly SourceWish[]>('the path of a file, or a mapping with `file`', [
  mapped(text('the path of a file'), (path, node): readonly SourceWish[] => [
    { kind: 'file', path, node },
  ]),
  sources,
]);
export const namedSources: Shape<readonly NamedEntry<SourceWish | null>[]> = mapOf(
  {
    ...anySource,
    read: (node, path, sink) => {
      const found = anySource.read(node, path, sink);
      const second = found?.[1];
      if (second !== undefined)
        sink.add({
          code: 'E-CONFIG-SECRET',
          spot: second.node.spot,
          path,
          message: `\`${path}\` has more than one source: ${found?.map(({ kind }) => kind).join(', ')}`,
          hint: 'Keep one of them.',
        });
      return found === undefined ? undefined : (found[0] ?? null);
    },
  },
  'names, each with the path of a file',
);

/** `path` and `env` null: as the source is. */
export type Grant = Readonly<{
  name: string;
  spot: Spot;
  env: string | null;
  path: string | null;
  mode: number | null;
}>;
export const grantKeys = {
  source: key(text('a name'), 'compose', 'Its name in the top `configs` or `secrets`.'),
  env: key(
    pattern(/^[A-Za-z_]\w*$/, 'a name of letters, digits and _', 'E-CONFIG-NAME'),
    'fettle',
    'The variable that holds it.',
  ),
  path: key(
    text('a path'),
    'fettle',
    'A file that is written with it before each start, relative to the folder of the config.',
  ),
  mode: key(
    pattern(/^0?[0-7]{3}$/, 'permissions such as 0600'),
    'compose',
    'Permissions of that file; 0600 unless told, 0644 of a config.',
  ),
} as const;
const placedInContainers = ['target', 'uid', 'gid'];
const oneGrant = oneOf<Grant>('a name', [
  mapped(text('a name'), (name, node) => ({
    name,
    spot: node.spot,
    env: null,
    path: null,
    mode: null,
  })),
  mapped(
    mapping(grantKeys, {
      wanted: 'a name, or a mapping with `source`',
      required: ['source'],
      ignored: placedInContainers,
    }),
    ({ source, env, path, mode }, node) => ({
      name: source?.value ?? '',
      spot: source?.node.spot ?? node.spot,
      env: env?.value ?? null,
      path: path?.value ?? null,
      mode: mode === undefined ? null : Number.parseInt(mode.value, 8),
    }),
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
