/** The import chain: arrows may be skipped, never reversed; no cycles, type imports included. */
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { sources, type Source } from './sources.ts';
import { importsOf } from './syntax.ts';

const all = sources().filter((source) => source.path.startsWith('packages/'));
const known = new Map(all.map((source) => [source.path, source]));

/** Rooms of core from the bottom of the chain to its top. */
const chain = [
  'packages/sdk/src/',
  'packages/core/src/stack/',
  'packages/core/src/supervise/',
  'packages/core/src/knowledge/',
  'packages/core/src/loop/collect/',
  'packages/core/src/loop/detect/',
  'packages/core/src/loop/diagnose/',
  'packages/core/src/loop/plan/',
  'packages/core/src/loop/remedy/',
  'packages/core/src/loop/verify/',
  'packages/core/src/',
];

/** Which of our packages each package may name. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  sdk: [],
  core: ['sdk'],
  proc: ['sdk', 'core'],
  config: ['sdk', 'core'],
  containers: ['sdk', 'core'],
  supervisor: ['sdk', 'core', 'proc'],
  // It reads runbooks and the policy: YAML with places and problems is what config is for.
  controller: ['sdk', 'core', 'proc', 'config'],
  cli: ['sdk', 'core', 'config', 'proc', 'supervisor', 'controller'],
  dashboard: ['sdk'],
};

const packageOf = (path: string): string => path.split('/')[1] ?? '';

/** The file of ours that an import names, or null for a library. */
function resolve(from: Source, name: string): string | null {
  const own = /^@fettle\/([^/]+)\/(.+)$/.exec(name);
  if (own !== null) return `packages/${own[1]}/src/${own[2]}.ts`;
  if (!name.startsWith('.')) return null;
  return normalize(join(dirname(from.path), name));
}

function edges(source: Source): readonly string[] {
  return importsOf(source).flatMap((name) => resolve(source, name) ?? []);
}

const rank = (path: string): number => chain.findIndex((room) => path.startsWith(room));

test('core follows the chain', () => {
  const reversed = all
    .filter((source) => source.path.startsWith('packages/core/') && !source.isTest)
    .flatMap((source) =>
      edges(source)
        .filter((target) => rank(target) > rank(source.path))
        .map((target) => `${source.path} -> ${target}`),
    );
  expect(reversed).toEqual([]);
});

test('packages name only those below them', () => {
  const wrong = all.flatMap((source) =>
    edges(source)
      .map(packageOf)
      .filter((name) => name !== packageOf(source.path))
      .filter((name) => !(allowed[packageOf(source.path)] ?? []).includes(name))
      .map((name) => `${source.path} -> ${name}`),
  );
  expect([...new Set(wrong)]).toEqual([]);
});

test('the supervisor, proc and sdk use no third-party package', () => {
  const quiet = ['supervisor', 'proc', 'sdk', 'core'];
  const found = all
    .filter((one) => quiet.includes(packageOf(one.path)) && !one.isTest)
    .flatMap((one) =>
      importsOf(one)
        .filter((name) => !/^(\.|node:|@fettle\/)/.test(name))
        .map((name) => `${one.path} -> ${name}`),
    );
  expect(found).toEqual([]);
});

test('every import of ours names a file that exists', () => {
  const lost = all.flatMap((one) =>
    edges(one)
      .filter((target) => !known.has(target) && !/\.(css|json)$/.test(target))
      .map((target) => `${one.path} -> ${target}`),
  );
  expect(lost).toEqual([]);
});

test('there are no import cycles', () => {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      cycles.push([...trail.slice(at), path].join(' -> '));
      return;
    }
    const one = known.get(path);
    if (one === undefined || done.has(path)) return;
    for (const target of edges(one)) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const one of all) visit(one.path, []);
  expect(cycles).toEqual([]);
});
