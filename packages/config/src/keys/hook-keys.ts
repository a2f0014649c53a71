/**
 * `hooks:`, and Compose's `post_start` and `pre_stop`: commands around the life of a service.
 */
import { hookPolicies, type HookPolicy } from '@fettle/core/stack/hook';
import { mapping } from '../shape/mapping.ts';
import { duration, text, words } from '../shape/scalars.ts';
import { key, listOf, mapped, oneOf, type NamedEntry, type Shape } from '../shape/shape.ts';
import type { ConfigNode } from '../source/node.ts';
import { commandShape, type CommandText } from './health-keys.ts';
import { pairsShape } from './pair-keys.ts';

/** null: the command was of the wrong type, which has been reported. */
export type HookWish = Readonly<{
  command: CommandText | null;
  node: ConfigNode;
  workingDir: Readonly<{ path: string; node: ConfigNode }> | null;
  environment: readonly NamedEntry<string | null>[];
  timeoutMs: number | null;
  onFailure: Readonly<{ policy: HookPolicy; node: ConfigNode }> | null;
}>;

export const hookKeys = {
  command: key(commandShape, 'compose', 'What to run, as the `command` of a service.'),
  working_dir: key(
    text('a folder'),
    'compose',
    'Where it runs; where the service does unless told.',
  ),
  environment: key(pairsShape, 'compose', 'Variables over those of the service.'),
  timeout: key(
    duration({ positive: true }),
    'fettle',
    'It is ended when it takes longer, and has failed; 1m unless told, 10s before a stop.',
  ),
  on_failure: key(
    words(hookPolicies),
    'fettle',
    '`fail` keeps the service down, as before a start unless told; `retry` counts as a crash; `ignore` goes on.',
  ),
} as const;

const wanted = 'a command, or a mapping with `command`';
const blank = { workingDir: null, environment: [], timeoutMs: null, onFailure: null };
const oneHook: Shape<HookWish> = oneOf<HookWish>(wanted, [
  mapped(text('a command'), (line, node) => ({
    ...blank,
    command: { kind: 'text', text: line },
    node,
  })),
  mapped(
    mapping(hookKeys, { wanted, required: ['command'], ignored: ['user', 'privileged'] }),
    ({ command, working_dir: dir, environment, timeout, on_failure: policy }, node) => ({
      command: command?.value ?? null,
      node: command?.node ?? node,
      workingDir: dir === undefined ? null : { path: dir.value, node: dir.node },
      environment: environment?.value ?? [],
      timeoutMs: timeout?.value ?? null,
      onFailure: policy === undefined ? null : { policy: policy.value, node: policy.node },
    }),
  ),
]);
export const composeHooks: Shape<readonly HookWish[]> = oneOf<readonly HookWish[]>(
  `${wanted}, or a list of these`,
  [
    mapped(listOf(oneHook), (items) => items.map((item) => item.value)),
    mapped(oneHook, (one) => [one]),
  ],
);

export const hooksKeys = {
  before_start: key(
    composeHooks,
    'fettle',
    'Before each start, once its dependencies are there: the service waits for them.',
  ),
  after_start: key(composeHooks, 'fettle', 'After each start, beside the service.'),
  before_stop: key(
    composeHooks,
    'fettle',
    'Before Fettle stops it: the stop signal waits for them.',
  ),
  after_stop: key(
    composeHooks,
    'fettle',
    'After each end, also of a crash: the next start waits. FETTLE_EXIT_CODE tells how it ended.',
  ),
} as const;
export const hooksShape = mapping(hooksKeys, {
  wanted: 'a mapping with `before_start` and others',
});
