/**
 * Shapes of values: one definition that checks and reads a located node, and writes its own JSON
 * Schema, so that the editor, the reference and the reader cannot disagree.
 */
import type { ProblemSink } from '../problem/problem.ts';
import { kindOf, type ConfigNode, type Spot } from '../source/node.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A value with the node that it was read from. */
export type Located<T> = Readonly<{ value: T; node: ConfigNode }>;

export type Shape<T> = Readonly<{
  /** Completes "…; wanted is": `a duration such as 10s or 1m30s`. */
  wanted: string;
  /** Is the node of a kind that this shape reads? Its content may still be wrong. */
  fits(node: ConfigNode): boolean;
  /** The value, or undefined after telling the sink why not. */
  read(node: ConfigNode, path: string, sink: ProblemSink): T | undefined;
  json: JsonSchema;
}>;

/** One key of a mapping. */
export type Key<T> = Readonly<{
  shape: Shape<T>;
  /** One or two sentences for the reference and the editor. */
  about: string;
  /** Whose word it is. */
  from: 'compose' | 'fettle';
  /** `later`: its shape is checked, this version does nothing with it, and a warning says so. */
  status: 'works' | 'later';
}>;
export type Keys = Readonly<Record<string, Key<unknown>>>;
export type Fields<K extends Keys> = {
  readonly [P in keyof K]?: K[P] extends Key<infer T> ? Located<T> : never;
};

export function key<T>(shape: Shape<T>, from: Key<T>['from'], about: string): Key<T> {
  return { shape, about, from, status: 'works' };
}

export function laterKey<T>(shape: Shape<T>, from: Key<T>['from'], about: string): Key<T> {
  return { shape, about, from, status: 'later' };
}

export function refuseType(
  node: ConfigNode,
  { path, sink, wanted }: Readonly<{ path: string; sink: ProblemSink; wanted: string }>,
): undefined {
  const seen = node.kind === 'scalar' ? node.text : kindOf(node);
  const what =
    node.kind === 'scalar' && node.value === null ? 'has no value' : `is ${kindOf(node)}`;
  sink.add({
    code: 'E-CONFIG-TYPE',
    spot: firstLine(node),
    path,
    seen: node.kind === 'scalar' && node.value === null ? null : seen,
    message: `\`${lastOf(path)}\` ${what}; wanted is ${wanted}`,
    hint: `Give \`${lastOf(path)}\` ${wanted}.`,
  });
  return undefined;
}

/** The spot of a node; for mappings and lists only where they start. */
export function firstLine(node: ConfigNode): Spot {
  return node.kind === 'scalar' ? node.spot : { ...node.spot, length: 1 };
}

/** `api.port` of `services.api.port`: enough to know what is meant. */
export function lastOf(path: string): string {
  const parts = path.split('.');
  return parts.length > 2 && parts[0] === 'services' ? parts.slice(1).join('.') : path;
}

export function isBlank(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** A list, each item of one shape. */
export function listOf<T>(
  item: Shape<T>,
  wanted = `a list, each item ${item.wanted}`,
): Shape<readonly Located<T>[]> {
  return {
    wanted,
    fits: (node) => node.kind === 'list' || isBlank(node),
    read: (node, path, sink) => {
      if (isBlank(node)) return [];
      if (node.kind !== 'list') return refuseType(node, { path, sink, wanted });
      const items: Located<T>[] = [];
      for (const [index, entry] of node.items.entries()) {
        const value = item.read(entry, `${path}[${index}]`, sink);
        if (value !== undefined) items.push({ value, node: entry });
      }
      return items;
    },
    json: { type: 'array', items: item.json },
  };
}

export type NamedEntry<T> = Readonly<{ name: string; keySpot: Spot; value: T; node: ConfigNode }>;

/** A mapping with keys of the user's choice. */
export function mapOf<T>(
  item: Shape<T>,
  wanted: string,
  checkName?: (name: string, spot: Spot, sink: ProblemSink) => boolean,
): Shape<readonly NamedEntry<T>[]> {
  return {
    wanted,
    fits: (node) => node.kind === 'map' || isBlank(node),
    read: (node, path, sink) => {
      if (isBlank(node)) return [];
      if (node.kind !== 'map') return refuseType(node, { path, sink, wanted });
      const found: NamedEntry<T>[] = [];
      for (const [name, entry] of node.entries) {
        if (name.startsWith('x-') && checkName !== undefined) continue;
        if (checkName !== undefined && !checkName(name, entry.keySpot, sink)) continue;
        const value = item.read(entry.value, `${path}.${name}`, sink);
        if (value !== undefined)
          found.push({ name, keySpot: entry.keySpot, value, node: entry.value });
      }
      return found;
    },
    json: { type: 'object', additionalProperties: item.json },
  };
}

/** The first of `shapes` that fits the node's kind reads it. */
export function oneOf<T>(wanted: string, shapes: readonly Shape<T>[]): Shape<T> {
  return {
    wanted,
    fits: (node) => shapes.some((shape) => shape.fits(node)),
    read: (node, path, sink) => {
      const shape = shapes.find((candidate) => candidate.fits(node));
      return shape === undefined
        ? refuseType(node, { path, sink, wanted })
        : shape.read(node, path, sink);
    },
    json: { anyOf: shapes.map((shape) => shape.json) },
  };
}

export function mapped<A, B>(shape: Shape<A>, to: (value: A, node: ConfigNode) => B): Shape<B> {
  return {
    ...shape,
    read: (node, path, sink) => {
      const value = shape.read(node, path, sink);
      return value === undefined ? undefined : to(value, node);
    },
  };
}

/** The same shape, for a key that must have a value. */
export function filled<T>(shape: Shape<T>): Shape<T> {
  return { ...shape, fits: (node) => !isBlank(node) && shape.fits(node) };
}

/** Any value at all, kept as it stands. */
export const anything: Shape<ConfigNode> = {
  wanted: 'a value',
  fits: () => true,
  read: (node) => node,
  json: {},
};
