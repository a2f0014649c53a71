/** `configs`, `secrets` and `cleanup` with absolute paths, and what may not be watched or deleted. */
import { statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { ConfigFile } from '@fettle/core/stack/heal-wish';
import type { GlobWish, Grant, SourceWish } from '../keys/file-keys.ts';
import type { ServiceFields } from '../keys/service-keys.ts';
import type { StackFields } from '../keys/stack-keys.ts';
import { nearestOf } from '../problem/nearest.ts';
import type { ProblemSink } from '../problem/problem.ts';
import type { NamedEntry } from '../shape/shape.ts';

export function buildFiles(fields: StackFields, sink: ProblemSink): readonly ConfigFile[] {
  const of = (entries: readonly NamedEntry<SourceWish | null>[], secret: boolean) =>
    entries.flatMap(({ name, value }) =>
      value?.kind === 'file' ? watched(name, value, { secret, sink }) : [],
    );
  return [...of(fields.configs?.value ?? [], false), ...of(fields.secrets?.value ?? [], true)];
}

/** By `configs/NAME` and `secrets/NAME`. */
export function namedSourcesOf(fields: StackFields): ReadonlyMap<string, SourceWish> {
  const found = new Map<string, SourceWish>();
  for (const key of ['configs', 'secrets'] as const)
    for (const { name, value } of fields[key]?.value ?? [])
      if (value !== null) found.set(`${key}/${name}`, value);
  return found;
}

function watched(
  name: string,
  { path: written, node }: Extract<SourceWish, { kind: 'file' }>,
  { secret, sink }: Readonly<{ secret: boolean; sink: ProblemSink }>,
): ConfigFile {
  const path = resolve(node.spot.source.baseDir, written);
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isFile() !== true)
    sink.add({
      code: 'W-CONFIG-WATCHED',
      spot: node.spot,
      path: `${secret ? 'secrets' : 'configs'}.${name}`,
      seen: written,
      message: `${written} ${facts === undefined ? 'does not exist' : 'is no file'}: it is watched from when it does`,
      hint: 'Create it, or correct the path: it is relative to the folder of the config.',
    });
  return { name, path, secret };
}

/** The files that one service names, of those at the top. */
export function grantedFiles(
  fields: ServiceFields,
  all: readonly ConfigFile[],
  {
    path,
    sink,
    sources,
  }: Readonly<{ path: string; sink: ProblemSink; sources: ReadonlyMap<string, SourceWish> }>,
): readonly ConfigFile[] {
  const find = (key: 'configs' | 'secrets', { name, spot }: Grant): readonly ConfigFile[] => {
    const known = all.filter(({ secret }) => secret === (key === 'secrets'));
    const file = known.find((one) => one.name === name);
    if (file !== undefined) return [file];
    if (sources.has(`${key}/${name}`)) return [];
    const names = [...sources.keys()]
      .filter((one) => one.startsWith(`${key}/`))
      .map((one) => one.slice(key.length + 1));
    const nearest = nearestOf(name, names);
    sink.add({
      code: 'E-CONFIG-VALUE',
      spot,
      path: `${path}.${key}`,
      seen: name,
      allowed: names,
      nearest,
      message: `\`${name}\` is not among the \`${key}\` at the top${nearest === null ? '' : `; did you mean \`${nearest}\`?`}`,
      hint:
        nearest === null
          ? `Add \`${key}: {${name}: {file: PATH}}\` at the top.`
          : `Write \`${nearest}\`.`,
    });
    return [];
  };
  return [
    ...(fields.configs?.value ?? []).flatMap((grant) => find('configs', grant)),
    ...(fields.secrets?.value ?? []).flatMap((grant) => find('secrets', grant)),
  ];
}

/** Folders that hold more than one program's files: nothing is deleted straight in them. */
const shared = /^\/(?:[^/]+\/?)?$|^\/(?:var|usr|home|root|opt|etc|srv)\/[^/]+\/?$/;

/** Absolute globs; what would reach beyond the service's own files is refused. */
export function buildCleanup(
  wishes: readonly GlobWish[],
  { path, dir, sink }: Readonly<{ path: string; dir: string; sink: ProblemSink }>,
): readonly string[] {
  return wishes.flatMap(({ glob, node }) => {
    const wrong = unsafeGlob(glob, node.spot.source.baseDir, dir);
    if (wrong === null) return resolve(node.spot.source.baseDir, glob);
    sink.add({
      code: 'E-CONFIG-CLEANUP',
      spot: node.spot,
      path: `${path}.cleanup`,
      seen: glob,
      message: `\`${glob}\` ${wrong}`,
      hint: 'Name a folder of files that nobody needs: `logs/*.log`, `/var/tmp/shop/**`.',
    });
    return [];
  });
}

function unsafeGlob(glob: string, baseDir: string, dir: string): string | null {
  const first = glob.search(/[*?[{]/);
  const fixed = first === -1 ? glob : glob.slice(0, first);
  if (first !== -1 && /(?:^|\/)\.\.(?:\/|$)/.test(glob.slice(first))) return 'goes up behind a *';
  // `logs/a*` lies in `logs`, `logs/` in itself.
  const home = resolve(baseDir, fixed.endsWith('/') || fixed === '' ? fixed : dirname(fixed));
  const last = glob.slice(glob.replace(/\/+$/, '').lastIndexOf('/') + 1);
  const isNamed = /^[^*?[{/]{3}/.test(last) && !glob.slice(0, -last.length).includes('**');
  if (shared.test(home) && !isNamed)
    return `would delete straight in ${home}, which others use, too`;
  const way = relative(home, dir);
  if (way !== '' && !way.startsWith('..') && !isNamed)
    return 'would delete in a folder that holds the stack itself';
  if (way === '' && /^[*?.{},]*$/.test(last)) return 'would delete the files of the stack itself';
  if (`${resolve(baseDir, fixed)}/`.startsWith(join(dir, '.fettle/')))
    return "would delete Fettle's own files";
  return null;
}
