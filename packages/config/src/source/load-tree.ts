/**
 * Loads one config file as a tree: parsed, interpolated, its `include`d files merged in and its
 * `extends` followed. Circles and runaway chains are refused with their path.
 */
import { resolve } from 'node:path';
import type { ProblemSink } from '../problem/problem.ts';
import { nearestOf } from '../problem/nearest.ts';
import { interpolateTree } from './interpolate-tree.ts';
import type { Lookup } from './interpolate.ts';
import { mergeNodes } from './merge.ts';
import type { ConfigNode, Entry, MapNode, Source, Spot } from './node.ts';
import { parseYaml } from './parse-yaml.ts';
import { displayName, readSource } from './read-source.ts';

/** Files that one stack may pull in. */
const MAX_FILES = 100;
/** Services that extend one after another. */
const MAX_CHAIN = 50;

export type TreeLoader = Readonly<{
  /** `from`: the value that names the file; null: the person named it. */
  load(path: string, from: Spot | null): MapNode | null;
  /** Every file that was read, absolute, with its modification time. */
  files: ReadonlyMap<string, number>;
}>;

/** A file of another tool, as the text of one of ours. */
export type ForeignFile = Readonly<{
  /** null: it cannot be used, and the sink says why. */
  source: Source | null;
  files: ReadonlyMap<string, number>;
}>;
/** null: the file is written in our words. */
export type ForeignReader = (path: string) => ForeignFile | null;

type Context = Readonly<{
  cwd: string;
  foreign: ForeignReader;
  lookup: Lookup;
  sink: ProblemSink;
  files: Map<string, number>;
  raw: Map<string, MapNode | null>;
}>;

export function treeLoader(
  cwd: string,
  lookup: Lookup,
  sink: ProblemSink,
  foreign: ForeignReader = () => null,
): TreeLoader {
  const context: Context = { cwd, lookup, sink, foreign, files: new Map(), raw: new Map() };
  return {
    files: context.files,
    load: (path, from) => {
      const tree = readTree(path, from, context);
      return tree === null ? null : withIncludes(extendAll(tree, path, context), [path], context);
    },
  };
}

function readTree(path: string, from: Spot | null, context: Context): MapNode | null {
  const known = context.raw.get(path);
  if (known !== undefined) return known;
  const tree = readNewTree(path, from, context);
  context.raw.set(path, tree);
  return tree;
}

function readNewTree(path: string, from: Spot | null, context: Context): MapNode | null {
  const { sink, cwd } = context;
  const foreign = context.foreign(path);
  if (foreign !== null) {
    for (const [file, timeMs] of foreign.files) context.files.set(file, timeMs);
    return foreign.source === null ? null : treeOf(foreign.source, context);
  }
  const read = readSource(path, cwd);
  if (!read.ok || context.files.size >= MAX_FILES) {
    const source = { path, name: displayName(path, cwd), baseDir: cwd, text: '' };
    const message = read.ok ? `more than ${MAX_FILES} files make this stack` : read.message;
    const hint = read.ok ? 'Join some of them.' : read.hint;
    const code = !read.ok && read.missing ? 'E-CONFIG-MISSING' : 'E-CONFIG-READ';
    sink.add({ code, spot: from ?? { source, offset: 0, length: 1 }, path: '', message, hint });
    return null;
  }
  context.files.set(path, read.modifiedAtMs);
  return treeOf(read.source, context);
}

function treeOf(source: Source, { lookup, sink }: Context): MapNode | null {
  const root = parseYaml(source, sink);
  if (root === null) return null;
  const node = interpolateTree(root, lookup, sink);
  if (node.kind === 'map') return node;
  sink.add({
    code: 'E-CONFIG-TYPE',
    spot: node.spot,
    path: '',
    message: 'a config starts with keys such as `services:`, and this is none',
    hint: 'Write `services:` and the services below it, each indented by two spaces.',
    allowed: ['services'],
  });
  return null;
}

/** Include: a file whose services must be new. Source: Compose specification, "Include". */
function withIncludes(tree: MapNode, chain: readonly string[], context: Context): MapNode {
  const include = tree.entries.get('include')?.value;
  if (include === undefined) return tree;
  const entries = new Map(tree.entries);
  entries.delete('include');
  let merged: MapNode = { ...tree, entries };
  for (const { path, spot } of includedPaths(include, context.sink)) {
    if (chain.includes(path)) {
      const names = [...chain, path].map((file) => file.split('/').at(-1)).join(' → ');
      const message = `the files include each other in a circle: ${names}`;
      context.sink.add({
        code: 'E-CONFIG-INCLUDE',
        spot,
        path: 'include',
        message,
        hint: 'Remove one.',
      });
      continue;
    }
    const read = readTree(path, spot, context);
    if (read === null) continue;
    const part = withIncludes(extendAll(read, path, context), [...chain, path], context);
    merged = joinNew(merged, part, context.sink);
  }
  return merged;
}

function includedPaths(include: ConfigNode, sink: ProblemSink): { path: string; spot: Spot }[] {
  const found: { path: string; spot: Spot }[] = [];
  const visit = (node: ConfigNode) => {
    const { spot } = node;
    if (node.kind === 'list') for (const item of node.items) visit(item);
    else if (node.kind === 'map' && node.entries.has('path'))
      visit(node.entries.get('path')!.value);
    else if (node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '')
      found.push({ path: resolve(spot.source.baseDir, node.value), spot });
    else {
      const message = '`include` wants a list of files';
      const hint = 'Write `include: [other.yaml]`.';
      sink.add({ code: 'E-CONFIG-INCLUDE', spot, path: 'include', message, hint });
    }
  };
  visit(include);
  return found;
}

function joinNew(tree: MapNode, part: MapNode, sink: ProblemSink): MapNode {
  const entries = new Map(tree.entries);
  for (const [section, entry] of part.entries) {
    const own = entries.get(section);
    if (own === undefined) {
      if (section !== 'name' && section !== 'version') entries.set(section, entry);
      continue;
    }
    if (own.value.kind !== 'map' || entry.value.kind !== 'map') continue;
    const joined = new Map(own.value.entries);
    for (const [name, value] of entry.value.entries) {
      if (joined.has(name) && section === 'services')
        sink.add({
          code: 'E-CONFIG-INCLUDE',
          spot: joined.get(name)!.keySpot,
          path: `services.${name}`,
          seen: name,
          message: `service \`${name}\` is defined here and in the included ${value.keySpot.source.name}`,
          hint: 'Rename one, or change the included one in an override file.',
        });
      else if (!joined.has(name)) joined.set(name, value);
    }
    entries.set(section, { keySpot: own.keySpot, value: { ...own.value, entries: joined } });
  }
  return { ...tree, entries };
}

/** Every service with what it `extends` below it. */
function extendAll(tree: MapNode, file: string, context: Context): MapNode {
  const services = tree.entries.get('services');
  if (services?.value.kind !== 'map') return tree;
  const extended = new Map<string, Entry>();
  for (const [name, entry] of services.value.entries) {
    const value = extendOne(entry.value, [`${file}#${name}`], context, tree);
    extended.set(name, { keySpot: entry.keySpot, value });
  }
  const value: MapNode = { ...services.value, entries: extended };
  const entries = new Map(tree.entries).set('services', { keySpot: services.keySpot, value });
  return { ...tree, entries };
}

function extendOne(
  service: ConfigNode,
  chain: readonly string[],
  context: Context,
  tree: MapNode,
): ConfigNode {
  if (service.kind !== 'map') return service;
  const named = service.entries.get('extends')?.value;
  if (named === undefined) return service;
  const entries = new Map(service.entries);
  entries.delete('extends');
  const own: MapNode = { ...service, entries };
  const target = extendsTarget(named, context.sink);
  if (target === null) return own;
  const file = target.file ?? chain.at(-1)!.split('#', 1)[0]!;
  const name = `${file}#${target.service}`;
  const refuse = (message: string, nearest: string | null, allowed: readonly string[]) =>
    context.sink.add({
      code: 'E-CONFIG-EXTENDS',
      spot: target.spot,
      path: `services.${chain[0]!.split('#').at(-1)}.extends`,
      seen: target.service,
      message,
      nearest,
      allowed,
      hint: nearest === null ? 'Name a service of that file.' : `Did you mean \`${nearest}\`?`,
    });
  if (chain.includes(name)) {
    const names = [...chain, name].map((part) => part.split('#').at(-1)).join(' → ');
    refuse(`services extend each other in a circle: ${names}`, null, []);
    return own;
  }
  if (chain.length > MAX_CHAIN) {
    refuse(`services extend each other more than ${MAX_CHAIN} deep`, null, []);
    return own;
  }
  const home = target.file === null ? tree : readTree(file, target.spot, context);
  if (home === null) return own;
  const services = home.entries.get('services')?.value;
  const base = services?.kind === 'map' ? services.entries.get(target.service)?.value : undefined;
  if (base === undefined) {
    const known = services?.kind === 'map' ? [...services.entries.keys()] : [];
    const message = `\`extends\` names service \`${target.service}\`, and there is none`;
    refuse(message, nearestOf(target.service, known), known);
    return own;
  }
  return mergeNodes(extendOne(base, [...chain, name], context, home), own);
}

type ExtendsTarget = Readonly<{ service: string; file: string | null; spot: Spot }>;

function extendsTarget(node: ConfigNode, sink: ProblemSink): ExtendsTarget | null {
  if (node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '')
    return { service: node.value, file: null, spot: node.spot };
  const service = node.kind === 'map' ? node.entries.get('service')?.value : undefined;
  const file = node.kind === 'map' ? node.entries.get('file')?.value : undefined;
  if (service?.kind === 'scalar' && typeof service.value === 'string') {
    const path =
      file?.kind === 'scalar' && file.text !== ''
        ? resolve(file.spot.source.baseDir, file.text)
        : null;
    return { service: service.value, file: path, spot: service.spot };
  }
  sink.add({
    code: 'E-CONFIG-EXTENDS',
    spot: node.spot,
    path: 'extends',
    message: '`extends` wants the name of a service',
    hint: 'Write `extends: {service: base}` or `extends: {file: base.yaml, service: base}`.',
    allowed: ['service', 'file'],
  });
  return null;
}
