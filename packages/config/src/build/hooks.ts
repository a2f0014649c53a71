/** Hooks with their defaults, and what a hook cannot do. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { hookStages, type Hook, type HookStage } from '@fettle/core/stack/hook';
import type { Service } from '@fettle/core/stack/service';
import type { HookWish } from '../keys/hook-keys.ts';
import type { ServiceFields } from '../keys/service-keys.ts';
import { firstLine } from '../shape/shape.ts';
import { joinCommand } from './command.ts';
import type { BuildContext } from './context.ts';

const startMs = 60_000;
/** A stop is waited for by people. */
const stopMs = 10_000;

export function buildHooks(
  fields: ServiceFields,
  path: string,
  context: BuildContext,
): Pick<Service, 'hooks'> {
  const found = hookStages.flatMap((stage) => {
    const own = fields.hooks?.value[stage];
    const compose = stage === 'after_start' ? fields.post_start : fields.pre_stop;
    const theirs = stage === 'after_start' || stage === 'before_stop' ? compose : undefined;
    const hooks = [...(theirs?.value ?? []), ...(own?.value ?? [])].flatMap((wish) =>
      buildHook(wish, { stage, path: `${path}.hooks.${stage}`, context }),
    );
    return hooks.length === 0 ? [] : [[stage, hooks] as const];
  });
  return found.length === 0 ? {} : { hooks: Object.fromEntries(found) };
}

type Place = Readonly<{ stage: HookStage; path: string; context: BuildContext }>;

function buildHook(wish: HookWish, place: Place): readonly Hook[] {
  const { stage, path, context } = place;
  if (wish.command === null) return [];
  const result = joinCommand(null, wish.command);
  if (result.kind === 'fault') {
    context.sink.add({
      code: 'E-CONFIG-COMMAND',
      spot: firstLine(wish.node),
      path,
      seen: wish.node.kind === 'scalar' ? wish.node.text : null,
      message: `the command of a ${stage} hook ${result.message}`,
      hint: result.hint,
    });
    return [];
  }
  const isStop = stage === 'before_stop' || stage === 'after_stop';
  refusePolicy(wish, place, isStop);
  return [
    {
      command: result.argv,
      workingDir: folderOf(wish, place),
      environment: Object.fromEntries(
        wish.environment.map(({ name, value }) => [name, value ?? context.lookup(name) ?? '']),
      ),
      timeoutMs: wish.timeoutMs ?? (stage === 'before_stop' ? stopMs : startMs),
      onFailure: isStop
        ? 'ignore'
        : (wish.onFailure?.policy ?? (stage === 'before_start' ? 'fail' : 'ignore')),
    },
  ];
}

/** Nothing that a hook says keeps a service from being stopped. */
function refusePolicy({ onFailure }: HookWish, { stage, path, context }: Place, isStop: boolean) {
  if (!isStop || onFailure === null || onFailure.policy === 'ignore') return;
  context.sink.add({
    code: 'E-CONFIG-VALUE',
    spot: onFailure.node.spot,
    path: `${path}.on_failure`,
    seen: onFailure.policy,
    allowed: ['ignore'],
    message: `a ${stage} hook cannot \`${onFailure.policy}\`: a stop goes on whatever its hooks say`,
    hint: 'Leave `on_failure` out here.',
  });
}

function folderOf({ workingDir }: HookWish, { path, context }: Place): string | null {
  if (workingDir === null) return null;
  const { node, path: written } = workingDir;
  const folder = resolve(node.spot.source.baseDir, written);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    context.sink.add({
      code: 'E-CONFIG-WORKING-DIR',
      spot: node.spot,
      path: `${path}.working_dir`,
      seen: written,
      message: `the working directory ${written} of a hook is not there`,
      hint: 'Create it, or correct the path: it is relative to the folder of the config.',
    });
  return folder;
}
