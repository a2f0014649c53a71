/**
 * What every foreign file becomes first: services in Fettle's words, what could not be said in them,
 * and notes for the person.
 *
 * A translator takes the directives it understands; whatever is left lands under `x-<format>`, so
 * that nothing is dropped in silence, also not what a later version of that tool invents.
 */
import type { Source, Spot } from '../source/node.ts';
import type { ProblemSink } from '../problem/problem.ts';

export const foreignFormats = [
  'compose',
  'procfile',
  'pm2',
  'process-compose',
  'supervisord',
  'systemd',
  'package',
] as const;
export type ForeignFormat = (typeof foreignFormats)[number];

export type Plain = null | string | number | boolean | readonly Plain[] | PlainMap;
export type PlainMap = { readonly [key: string]: Plain };

/** `kept`: has no word in Fettle and stands under `x-…`. `changed`: works, and not quite as there. */
export type Note = Readonly<{
  kind: 'kept' | 'changed';
  /** null: of the whole file. */
  service: string | null;
  directive: string;
  text: string;
  spot: Spot | null;
}>;

export type DraftService = Readonly<{
  name: string;
  /** Fettle's keys in the order to be written. */
  keys: PlainMap;
  /** For `x-<format>`. */
  kept: PlainMap;
  /** Lines of comments that belong to it. */
  comments: readonly string[];
}>;

export type Draft = Readonly<{
  format: ForeignFormat;
  name: string | null;
  services: readonly DraftService[];
  kept: PlainMap;
  comments: readonly string[];
  notes: readonly Note[];
  /** `variables`: `${NAME}` in values is replaced when the config is read; else `$` is text. */
  dollars: 'literal' | 'variables';
}>;

/** All that a translator may know; it reads nothing itself. */
export type Foreign = Readonly<{
  /** The main file first. */
  files: readonly Source[];
  /** What a program as config evaluated to (PM2's JavaScript); null for other files. */
  value: Plain;
  /** Names of the files beside the first one. */
  beside: ReadonlySet<string>;
  /** Of the person, to tell what a file took from there from what it says itself. */
  env: Readonly<Record<string, string | undefined>>;
  machine: Readonly<{ cores: number; hostname: string; home: string; user: string }>;
  sink: ProblemSink;
}>;

/** Stands for a variable of the person's environment in the text of a draft: written as `${NAME}`. */
export const variable = (name: string): string => `\uE000${name}\uE001`;

/** One service in the making. */
export class ServiceDraft {
  readonly name: string;
  readonly comments: string[] = [];
  readonly #keys: Record<string, Plain> = {};
  readonly #kept: Record<string, Plain> = {};
  readonly #notes: Note[];

  constructor(name: string, notes: Note[]) {
    this.name = name;
    this.#notes = notes;
  }

  /** undefined and empty lists or mappings are not written. */
  set(key: string, value: Plain | undefined): void {
    if (value === undefined || isBlank(value)) return;
    this.#keys[key] = value;
  }

  get(key: string): Plain | undefined {
    return this.#keys[key];
  }

  remove(key: string): void {
    delete this.#keys[key];
  }

  keep(directive: string, value: Plain, spot: Spot | null = null, why = ''): void {
    const before = this.#kept[directive];
    this.#kept[directive] = before === undefined ? value : [before, value].flat();
    const text = why === '' ? `\`${directive}\` has no word here` : why;
    this.#notes.push({ kind: 'kept', service: this.name, directive, text, spot });
  }

  change(directive: string, text: string, spot: Spot | null = null): void {
    this.#notes.push({ kind: 'changed', service: this.name, directive, text, spot });
  }

  done(): DraftService {
    return {
      name: this.name,
      keys: inOrder(this.#keys),
      kept: this.#kept,
      comments: this.comments,
    };
  }
}

function isBlank(value: Plain): boolean {
  if (value === null || typeof value !== 'object') return false;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

const order = [
  ['image', 'build', 'command', 'entrypoint', 'external', 'url', 'working_dir', 'port', 'ports'],
  [
    'environment',
    'env_file',
    'depends_on',
    'profiles',
    'health',
    'healthcheck',
    'hooks',
    'restart',
  ],
  ['scale', 'deploy', 'stop_signal', 'stop_grace_period', 'mem_limit', 'cpus', 'pids_limit'],
].flat();

function inOrder(keys: Readonly<Record<string, Plain>>): PlainMap {
  const rank = (key: string): number => {
    const at = order.indexOf(key);
    return at === -1 ? order.length : at;
  };
  return Object.fromEntries(
    Object.entries(keys).toSorted(([one], [other]) => rank(one) - rank(other)),
  );
}

/** The stack in the making. */
export class StackDraft {
  readonly format: ForeignFormat;
  readonly comments: string[] = [];
  readonly services: ServiceDraft[] = [];
  name: string | null = null;
  dollars: Draft['dollars'] = 'literal';
  readonly #notes: Note[] = [];
  readonly #kept: Record<string, Plain> = {};

  constructor(format: ForeignFormat) {
    this.format = format;
  }

  /** A name that Fettle takes: other characters become `-`, a second of the name gets a number. */
  add(written: string, spot: Spot | null = null): ServiceDraft {
    const base = serviceName(written);
    let name = base;
    for (let count = 2; this.services.some((one) => one.name === name); count += 1)
      name = `${base.slice(0, 58)}-${count}`;
    const service = new ServiceDraft(name, this.#notes);
    if (name !== written) service.change('name', `\`${written}\` is called \`${name}\` here`, spot);
    this.services.push(service);
    return service;
  }

  keep(directive: string, value: Plain, spot: Spot | null = null): void {
    this.hold(directive, value);
    this.note(directive, spot);
  }

  /** Kept whole, for parts of it are in the services. */
  hold(directive: string, value: Plain): void {
    this.#kept[directive] = value;
  }

  note(directive: string, spot: Spot | null = null): void {
    const text = `\`${directive}\` has no word here`;
    this.#notes.push({ kind: 'kept', service: null, directive, text, spot });
  }

  change(directive: string, text: string, spot: Spot | null = null): void {
    this.#notes.push({ kind: 'changed', service: null, directive, text, spot });
  }

  done(): Draft {
    return {
      format: this.format,
      name: this.name,
      services: this.services.map((service) => service.done()),
      kept: this.#kept,
      comments: this.comments,
      notes: this.#notes,
      dollars: this.dollars,
    };
  }
}

export function serviceName(written: string): string {
  const clean = written.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return clean.slice(0, 63).replace(/[-._]+$/, '') || 'service';
}

/** A mapping whose keys are taken one by one; what is never taken is left over. */
export class Directives {
  readonly #left: Map<string, Plain>;
  readonly #spotOf: (key: string) => Spot | null;

  constructor(from: PlainMap, spotOf: (key: string) => Spot | null = () => null) {
    this.#left = new Map(Object.entries(from));
    this.#spotOf = spotOf;
  }

  take(key: string): Plain | undefined {
    const value = this.#left.get(key);
    this.#left.delete(key);
    return value;
  }

  /** Text; a number or a boolean counts as its text. Anything else stays where it is. */
  text(...names: readonly string[]): string | undefined {
    for (const key of names) {
      const value = this.#left.get(key);
      if (value === undefined || value === null || typeof value === 'object') continue;
      this.#left.delete(key);
      return String(value);
    }
    return undefined;
  }

  number(...names: readonly string[]): number | undefined {
    for (const key of names) {
      const value = this.#left.get(key);
      if (value === undefined || value === '' || !Number.isFinite(Number(value))) continue;
      if (typeof value !== 'number' && typeof value !== 'string') continue;
      this.#left.delete(key);
      return Number(value);
    }
    return undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.#left.get(key);
    const said = { true: true, false: false }[String(value)];
    if (said !== undefined) this.#left.delete(key);
    return said;
  }

  /** Taken only when `parse` makes something of its text. */
  parsed<Value>(key: string, parse: (text: string) => Value | null): Value | undefined {
    const value = this.#left.get(key);
    if (value === undefined || value === null || typeof value === 'object') return undefined;
    const found = parse(String(value));
    if (found === null) return undefined;
    this.#left.delete(key);
    return found;
  }

  map(key: string): PlainMap | undefined {
    const value = this.#left.get(key);
    if (!isMap(value)) return undefined;
    this.#left.delete(key);
    return value;
  }

  /** Puts a part back that was taken and has no word here. */
  leave(key: string, value: Plain): void {
    this.#left.set(key, value);
  }

  spot(key: string): Spot | null {
    return this.#spotOf(key);
  }

  keepRest(service: Pick<ServiceDraft, 'keep'>, prefix = ''): void {
    for (const [key, value] of this.#left) service.keep(prefix + key, value, this.#spotOf(key));
    this.#left.clear();
  }
}

export function isMap(value: Plain | undefined): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
