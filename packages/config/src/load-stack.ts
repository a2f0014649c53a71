/**
 * Reads the stack definition: files found, merged, interpolated, checked and built, with every
 * problem told at once. The one entry point for the CLI.
 */
import { basename, dirname, join, resolve } from 'node:path';
import type { Service, Stack } from '@fettle/core/stack/service';
import {
  activeServices,
  checkDependencies,
  checkExternal,
  checkPorts,
  readReserved,
  refuseCycles,
  sayIgnoredBuilds,
} from './build/consistency.ts';
import type { BuildContext } from './build/context.ts';
import { buildFiles, namedSourcesOf } from './build/files.ts';
import { buildConstraints, buildHealWish, buildNotify } from './build/heal.ts';
import { buildService, type ServiceEntry } from './build/service.ts';
import { stackNamePattern, stackShape, type StackFields } from './keys/stack-keys.ts';
import type { ForeignFormat } from './import/draft.ts';
import { findForeign } from './import/find-foreign.ts';
import { foreignReader } from './import/foreign-reader.ts';
import { ConfigProblems, ProblemSink, type Problem } from './problem/problem.ts';
import { parseDotenv } from './source/dotenv.ts';
import { configNames, environmentPattern, findFiles } from './source/find-files.ts';
import type { Lookup } from './source/interpolate.ts';
import { treeLoader, type TreeLoader } from './source/load-tree.ts';
import { mergeNodes } from './source/merge.ts';
import type { ConfigNode, MapNode, Spot } from './source/node.ts';
import { readSource } from './source/read-source.ts';

export type LoadOptions = Readonly<{
  /** Folder of the stack; where config files are looked for. */
  dir: string;
  /** Config files named by the person (`-f`), against `dir`; others are then not looked for. */
  file?: string | readonly string[];
  /** Of which tool the file is; by its name unless told. */
  from?: ForeignFormat;
  /** Usually `process.env`; wins over `.env`. */
  env: Readonly<Record<string, string | undefined>>;
  /** Added to COMPOSE_PROFILES. */
  profiles?: readonly string[];
  /** Take the values of secrets, run their commands; without it `***` stands for each. */
  runCommands?: boolean;
  /** Paths in messages are relative to it; `dir` unless told. */
  cwd?: string;
}>;

export type LoadedStack = Readonly<{
  stack: Stack;
  warnings: readonly Problem[];
}>;
export type CheckedStack = Readonly<{
  /** Null when there are problems. */
  stack: Stack | null;
  warnings: readonly Problem[];
  problems: readonly Problem[];
  /** Problems beyond the bound of 200. */
  lost: number;
}>;

/** @throws ConfigProblems with every problem; exit code 2, nothing was changed. */
export function loadStack(options: LoadOptions): LoadedStack {
  const { stack, warnings, problems, lost } = checkStack(options);
  if (stack === null) throw new ConfigProblems(problems, warnings, lost);
  return { stack, warnings };
}

/** The same without throwing: for `config validate` and editors. */
export function checkStack(options: LoadOptions): CheckedStack {
  const sink = new ProblemSink();
  const stack = readStack(options, sink);
  return {
    stack: sink.failed ? null : stack,
    warnings: sink.list('warning'),
    problems: sink.list('error'),
    lost: sink.lost,
  };
}

function readStack(options: LoadOptions, sink: ProblemSink): Stack | null {
  const named = typeof options.file === 'string' ? [options.file] : (options.file ?? []);
  const cwd = resolve(options.cwd ?? options.dir);
  const files = named.map((file) => resolve(options.dir, file));
  const dir = files[0] === undefined ? resolve(options.dir) : dirname(files[0]);
  const extra = new Map<string, number>();
  const lookup = lookupFor(dir, { options, cwd, sink, extra });
  const foreign = foreignReader({ cwd, env: options.env, sink, from: options.from ?? null });
  const loader = treeLoader(cwd, lookup, sink, foreign);
  const chosen = files.length > 0 ? files : chooseFiles(dir, cwd, lookup, sink);
  const tree = mergeTrees(chosen, loader);
  if (tree === null) return null;
  const fields = stackShape.read(tree, '', sink);
  if (fields === undefined) return null;
  const watched = buildFiles(fields, sink);
  const context: BuildContext = {
    dir,
    cwd,
    lookup,
    sink,
    files: extra,
    watched,
    sources: namedSourcesOf(fields),
    values: new Map(),
    runsCommands: options.runCommands === true,
  };
  const asked = [...(options.profiles ?? []), ...(lookup('COMPOSE_PROFILES') ?? '').split(',')];
  const { services, reservedPorts } = buildServices(fields, asked, context);
  const times = [...loader.files.values(), ...extra.values()];
  return {
    name: stackName(fields, dir, lookup),
    dir,
    files: [...loader.files.keys()],
    configModifiedAtMs: Math.floor(Math.max(0, ...times)),
    services,
    reservedPorts,
    ...buildHealing(fields, context),
  };
}

type Healing = Pick<Stack, 'heal' | 'selfHealing' | 'constraints' | 'notify' | 'configs'>;

/** Only what the config says: an absent key stays absent. */
function buildHealing(fields: StackFields, { sink, watched }: BuildContext): Healing {
  const names = (fields.services?.value ?? []).map(({ name }) => name);
  const { heal, self_healing: flags, constraints, notify } = fields;
  return {
    ...(heal === undefined ? {} : { heal: buildHealWish(heal.value, names, sink) }),
    ...(flags === undefined ? {} : { selfHealing: flags.value }),
    ...(constraints === undefined
      ? {}
      : { constraints: buildConstraints(constraints.value, names, sink) }),
    ...(notify === undefined ? {} : { notify: buildNotify(notify.value) }),
    ...(watched.length === 0 ? {} : { configs: watched }),
  };
}

function buildServices(
  fields: StackFields,
  profiles: readonly string[],
  context: BuildContext,
): Readonly<{ services: readonly Service[]; reservedPorts: Stack['reservedPorts'] }> {
  const { sink } = context;
  const all: readonly ServiceEntry[] = fields.services?.value ?? [];
  const active = checkDependencies(
    all,
    activeServices(
      all,
      profiles.map((name) => name.trim()),
    ),
    sink,
  );
  if (fields.services !== undefined && active.length === 0 && !sink.failed)
    refuseNone(fields, all, sink);
  sayIgnoredBuilds(active, sink);
  refuseCycles(active, sink);
  checkExternal(active, sink);
  const awaited = new Set(
    active.flatMap(({ value }) =>
      (value.depends_on?.value ?? [])
        .filter(({ condition }) => condition === 'service_completed_successfully')
        .map(({ service }) => service),
    ),
  );
  const around = {
    ...context,
    stack: stackName(fields, context.dir, context.lookup),
    volumes: fields.volumes?.value ?? [],
  };
  const services = active.map((entry) => buildService(entry, awaited.has(entry.name), around));
  const reservedPorts = readReserved(fields, sink);
  checkPorts(active, services, { reserved: reservedPorts, sink });
  return { services, reservedPorts };
}

function refuseNone(fields: StackFields, all: readonly ServiceEntry[], sink: ProblemSink): void {
  const profiles = [...new Set(all.flatMap(({ value }) => value.profiles?.value ?? []))];
  const node = fields.services!.node;
  sink.add({
    code: 'E-CONFIG-EMPTY',
    spot: { ...node.spot, length: 1 },
    path: 'services',
    allowed: profiles,
    message:
      all.length === 0
        ? 'there is no service'
        : `every service waits for a profile: ${profiles.join(', ')}`,
    hint:
      all.length === 0
        ? 'Add one: `web: {command: node server.js}`.'
        : `Start with COMPOSE_PROFILES=${profiles[0]}.`,
  });
}

function mergeTrees(files: readonly string[], loader: TreeLoader): MapNode | null {
  // Each file is loaded even after one failed: its problems are told in the same pass.
  const trees = files.map((file) => loader.load(file, null));
  let merged: MapNode | null = null;
  for (const tree of trees) {
    if (tree === null) return null;
    const next: ConfigNode = merged === null ? tree : mergeNodes(merged, tree);
    merged = next.kind === 'map' ? next : merged;
  }
  return merged;
}

function chooseFiles(
  dir: string,
  cwd: string,
  lookup: Lookup,
  sink: ProblemSink,
): readonly string[] {
  const environment = lookup('FETTLE_ENV') ?? '';
  const at = (name: string): Spot => ({
    source: { ...placeholder(join(dir, name), cwd) },
    offset: 0,
    length: 1,
  });
  const named = environmentPattern.test(environment);
  if (environment !== '' && !named)
    sink.add({
      code: 'E-CONFIG-VALUE',
      spot: at('fettle.yaml'),
      path: '',
      seen: environment,
      message: 'FETTLE_ENV names no environment: letters, digits, - and _ are allowed',
      hint: 'Set it to a word such as `production`, or unset it.',
    });
  const found = findFiles(dir, named ? environment : null);
  const [main] = found.files;
  const [other] = main === undefined ? findForeign(dir) : [];
  if (other !== undefined) return [other.path];
  if (main === undefined)
    sink.add({
      code: 'E-CONFIG-MISSING',
      spot: at('fettle.yaml'),
      path: '',
      allowed: configNames,
      message: `there is no fettle.yaml in ${dir}`,
      hint: 'Write one, name the folder by `-C DIR`, or the file by `-f FILE`, also one of another tool.',
    });
  else if (found.passedOver.length > 0)
    sink.add({
      code: 'W-CONFIG-FILES',
      spot: at(basename(main)),
      path: '',
      seen: found.passedOver.join(', '),
      message: `${basename(main)} is used; ${found.passedOver.join(', ')} beside it is not read`,
      hint: 'Remove one, or name the file by `-f FILE`.',
    });
  if (found.environmentFound === false && main !== undefined)
    sink.add({
      code: 'W-CONFIG-FILES',
      spot: at(basename(main)),
      path: '',
      seen: environment,
      message: `FETTLE_ENV is ${environment}, and there is no fettle.${environment}.yaml`,
      hint: 'Create it, or unset FETTLE_ENV.',
    });
  return found.files;
}

function placeholder(path: string, cwd: string) {
  const read = readSource(path, cwd);
  return read.ok
    ? { ...read.source, text: '' }
    : { path, name: basename(path), baseDir: dirname(path), text: '' };
}

type LookupParts = Readonly<{
  options: LoadOptions;
  cwd: string;
  sink: ProblemSink;
  extra: Map<string, number>;
}>;

/** The environment, then `.env.local`, then `.env`. */
function lookupFor(dir: string, { options, cwd, sink, extra }: LookupParts): Lookup {
  const values = new Map<string, string>();
  for (const name of ['.env', '.env.local']) {
    const read = readSource(join(dir, name), cwd);
    if (!read.ok) {
      if (read.missing) continue;
      const source = { path: join(dir, name), name, baseDir: dir, text: '' };
      sink.add({
        code: 'E-CONFIG-ENV-FILE',
        spot: { source, offset: 0, length: 1 },
        path: '',
        message: read.message,
        hint: read.hint,
      });
      continue;
    }
    extra.set(join(dir, name), read.modifiedAtMs);
    const known = (key: string) => options.env[key] ?? values.get(key);
    const { entries, faults } = parseDotenv(read.source.text, known);
    for (const { offset, length, message, hint } of faults)
      sink.add({
        code: 'E-CONFIG-ENV-FILE',
        spot: { source: read.source, offset, length },
        path: '',
        message,
        hint,
      });
    for (const entry of entries) values.set(entry.name, entry.value);
  }
  return (name) => options.env[name] ?? values.get(name);
}

/** COMPOSE_PROJECT_NAME, `name`, or the folder's name in Compose's alphabet. */
function stackName(fields: StackFields, dir: string, lookup: Lookup): string {
  const asked = lookup('COMPOSE_PROJECT_NAME') ?? '';
  if (stackNamePattern.test(asked)) return asked;
  if (fields.name !== undefined) return fields.name.value;
  const folder = basename(dir)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
  return folder.slice(0, 63) || 'stack';
}
