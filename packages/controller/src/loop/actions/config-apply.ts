/** Sets one key in a watched YAML, JSON or env file, leaving every other byte as it is, and back. */
import { editValue, formatOf } from '@fettle/config/edit/edit-value';
import { isSecretName } from '@fettle/core/loop/collect/redact';
import { noTarget, refused } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { readFileState } from './file-swap.ts';
import { targetOf } from './supervised-service.ts';
import {
  captureSwap,
  seenSwap,
  shown,
  swapBack,
  swapFiles,
  watchedFile,
  type FileChange,
} from './swap-files.ts';

export const configApply: Action = {
  name: 'config.apply',
  describe: (params) => `set ${String(params['key'])} in ${String(params['path'])}`,
  plan(params, world) {
    const target = targetOf(params);
    const { path, before } = edit(params, world);
    const key = String(params['key']);
    const name = shown(path, world);
    const isSecret = isSecretName(key) || watchedFile(target, path, world).secret;
    const [from, to] = isSecret ? ['***', '***'] : [before, String(params['value'])];
    const text = `set ${key} in ${name} from ${from} to ${to}`;
    return Promise.resolve(plan(text, `edit ${name}: ${key} = ${to}`, [target]));
  },
  capture(params, world) {
    const { path, bytes } = edit(params, world);
    return Promise.resolve(captureSwap(targetOf(params), [{ path, bytes }], world));
  },
  apply: (params, capture, context) =>
    Promise.resolve(swapFiles(targetOf(params), capture, context)),
  undo: (params, capture, context) => Promise.resolve(swapBack(targetOf(params), capture, context)),
  observe: (_params, capture) => Promise.resolve(seenSwap(capture)),
};

function edit(params: ActParams, world: ActionWorld): FileChange & Readonly<{ before: string }> {
  const { path } = watchedFile(targetOf(params), String(params['path']), world);
  const name = shown(path, world);
  const format = formatOf(path);
  if (format === null) throw refused(`${name} is no YAML, JSON or env file`, 'Edit it by hand.');
  const now = readFileState(path);
  if (now === null) throw noTarget(`there is no ${name}`, 'Restore it first.');
  const { key, value } = params;
  const edited = editValue(now.bytes.toString('utf8'), format, String(key), String(value));
  if (!edited.ok) throw refused(`${name}: ${edited.problem}`, 'Edit it by hand.');
  return { path, bytes: Buffer.from(edited.text), before: edited.before };
}
