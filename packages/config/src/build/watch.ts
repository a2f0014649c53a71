/** `watch` with absolute paths and its defaults; plain paths of a list are one rule. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import type { WatchRule } from '@fettle/core/stack/watch-rule';
import type { ServiceFields } from '../keys/service-keys.ts';
import type { WatchWish } from '../keys/watch-keys.ts';
import { templatesToWatch } from './templates.ts';
import type { BuildContext } from './context.ts';

const debounceMs = 300;

export function buildWatch(
  fields: ServiceFields,
  { path, workingDir }: Readonly<{ path: string; workingDir: string }>,
  context: BuildContext,
): Pick<Service, 'watch'> {
  const wishes = fields.watch?.value ?? [];
  const plain = wishes.filter(isPlain);
  const others = wishes.filter((wish) => !isPlain(wish));
  const joined = plain.length === 0 ? [] : [{ ...plain[0]!, paths: plain.flatMap(pathsOf) }];
  const rules = [...joined, ...others].map((wish): WatchRule => ({
    paths: wish.paths === null ? [workingDir] : absolute(wish, `${path}.watch`, context),
    ignore: wish.ignore,
    action: wish.action ?? 'restart',
    debounceMs: wish.debounceMs ?? debounceMs,
  }));
  const templates = templatesToWatch(fields);
  if (templates.length > 0)
    rules.push({ paths: templates, ignore: [], action: 'restart', debounceMs });
  return rules.length === 0 ? {} : { watch: rules };
}

function isPlain({ paths, ignore, action, debounceMs: waits }: WatchWish): boolean {
  return paths !== null && ignore.length === 0 && action === null && waits === null;
}

function pathsOf({ paths }: WatchWish) {
  return paths ?? [];
}

function absolute(wish: WatchWish, path: string, { sink }: BuildContext): readonly string[] {
  return pathsOf(wish).map(({ path: written, node }) => {
    const found = resolve(node.spot.source.baseDir, written);
    if (statSync(found, { throwIfNoEntry: false }) === undefined)
      sink.add({
        code: 'W-CONFIG-WATCHED',
        spot: node.spot,
        path,
        seen: written,
        message: `${written} does not exist: it is watched from when it does`,
        hint: 'Create it, or correct the path: it is relative to the folder of the config.',
      });
    return found;
  });
}
