/**
 * A fettle.yaml as a draft again: what an export begins with. Values stay as they are written, so
 * that a variable stays a variable and no secret of the environment is written out.
 */
import { isMap as isYamlMap, isScalar, parseDocument } from 'yaml';
import {
  isMap,
  variable,
  type Draft,
  type ForeignFormat,
  type Plain,
  type PlainMap,
} from '../import/draft.ts';
import { shortComments } from '../import/yaml-comments.ts';
import type { Source } from '../source/node.ts';

/** The file has been checked before: it is a stack without a problem. */
export function readOwn(source: Source, format: ForeignFormat): Draft {
  const document = parseDocument(source.text, { merge: true, logLevel: 'silent' });
  const value = (document.toJS({ maxAliasCount: 1_000 }) ?? {}) as PlainMap;
  const own = `x-${format}`;
  const node: unknown = document.get('services');
  const pairs = isYamlMap(node) ? node.items : [];
  const commentOf = (name: string): readonly string[] => {
    const key = pairs.find((pair) => isScalar(pair.key) && pair.key.value === name)?.key;
    const first = pairs[0]?.key === key && isYamlMap(node) ? node.commentBefore : null;
    return isScalar(key) ? shortComments(key.commentBefore ?? first) : [];
  };
  const services = isMap(value['services']) ? value['services'] : {};
  const kept = value[own];
  return {
    format,
    name: typeof value['name'] === 'string' ? value['name'] : null,
    services: Object.entries(services).map(([name, body]) => {
      const { [own]: left, ...keys } = isMap(body) ? body : {};
      return { name, keys, kept: isMap(left) ? left : {}, comments: commentOf(name) };
    }),
    kept: isMap(kept) ? kept : {},
    comments: shortComments(document.commentBefore ?? headOf(document.contents)).filter(
      (line) => !/^From .* by `fettle /.test(line),
    ),
    notes: [],
    dollars: 'variables',
  };
}

function headOf(contents: unknown): string | null {
  if (!isYamlMap(contents)) return null;
  const first = contents.items[0]?.key;
  return contents.commentBefore ?? (isScalar(first) ? first.commentBefore : null) ?? null;
}

/** `$$` as a dollar sign, `${NAME}` as the mark of a variable; what is more than a name stays. */
export function unescaped(value: Plain): Plain {
  if (typeof value === 'string')
    return value.replaceAll(/\$\$|\$\{(\w+)\}|\$(\w+)/g, (_, braced?: string, bare?: string) => {
      const name = braced ?? bare;
      return name === undefined ? '$' : variable(name);
    });
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unescaped(one)]));
  return Array.isArray(value) ? value.map(unescaped) : value;
}

export function literalDraft(draft: Draft): Draft {
  return {
    ...draft,
    kept: unescaped(draft.kept) as PlainMap,
    services: draft.services.map((service) => ({
      ...service,
      keys: unescaped(service.keys) as PlainMap,
      kept: unescaped(service.kept) as PlainMap,
    })),
  };
}
