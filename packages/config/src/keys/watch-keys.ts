/** `watch:`: files whose change restarts a service, or has it read them again. */
import { watchActions, type WatchAction } from '@fettle/core/stack/watch-rule';
import { mapping } from '../shape/mapping.ts';
import { duration, flag, text, words } from '../shape/scalars.ts';
import { key, listOf, mapped, oneOf, type Shape } from '../shape/shape.ts';
import type { ConfigNode } from '../source/node.ts';

type Located = Readonly<{ path: string; node: ConfigNode }>;
/** `paths` null: the working folder of the service. */
export type WatchWish = Readonly<{
  paths: readonly Located[] | null;
  ignore: readonly string[];
  action: WatchAction | null;
  debounceMs: number | null;
}>;

const path = mapped(text('a path'), (written, node): Located => ({ path: written, node }));
const onePath = 'a file or a folder, or a list of these';
const paths = oneOf<readonly Located[]>(onePath, [
  mapped(listOf(path), (items) => items.map(({ value }) => value)),
  mapped(path, (one) => [one]),
]);
const patterns = oneOf<readonly string[]>('a name or a way with * and **, or a list of these', [
  mapped(listOf(text('a pattern')), (items) => items.map(({ value }) => value)),
  mapped(text('a pattern'), (one) => [one]),
]);

export const watchKeys = {
  paths: key(
    paths,
    'fettle',
    'Files and folders, relative to the folder of the config; the working folder unless told.',
  ),
  ignore: key(
    patterns,
    'fettle',
    'What does not count: `*.log` anywhere, `web/dist/**` below a watched folder.',
  ),
  action: key(
    words(watchActions),
    'fettle',
    '`restart` unless told; `reload` sends SIGHUP to a service that minds it; `none` only tells.',
  ),
  debounce: key(
    duration({ positive: true }),
    'fettle',
    'Nothing is done before nothing has changed for so long; 300ms unless told.',
  ),
} as const;

const blank: WatchWish = { paths: null, ignore: [], action: null, debounceMs: null };
const oneRule = mapped(
  mapping(watchKeys, { wanted: 'a mapping with `paths`' }),
  (fields): WatchWish => ({
    paths: fields.paths?.value ?? null,
    ignore: fields.ignore?.value ?? [],
    action: fields.action?.value ?? null,
    debounceMs: fields.debounce?.value ?? null,
  }),
);
const ruleOrPath = oneOf<WatchWish>('a path, or a mapping with `paths`', [
  mapped(path, (one): WatchWish => ({ ...blank, paths: [one] })),
  oneRule,
]);
const isSwitch = (node: ConfigNode): boolean =>
  node.kind === 'scalar' && typeof node.value === 'boolean';
export const watchShape: Shape<readonly WatchWish[]> = oneOf<readonly WatchWish[]>(
  'true, a path, a mapping with `paths`, or a list of these',
  [
    {
      ...mapped(flag, (on): readonly WatchWish[] => (on ? [blank] : [])),
      fits: isSwitch,
    },
    mapped(listOf(ruleOrPath), (items) => items.map(({ value }) => value)),
    mapped(ruleOrPath, (one) => [one]),
  ],
);
