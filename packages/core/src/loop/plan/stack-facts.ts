/**
 * What the gate and the chooser need to know of the stack, taken from the picture: who is dead,
 * how many replicas serve, who depends on whom, and whether many fell ill together.
 */
import type { InstancePicture, Picture, ServiceKind, ServicePicture } from '../collect/picture.ts';
import type { Policy } from './policy.ts';

export type StackFacts = Readonly<{
  services: ReadonlyMap<string, ServiceFacts>;
  /** Set when many turned unhealthy together. */
  cascade: Cascade | null;
}>;

export type ServiceFacts = Readonly<{
  kind: ServiceKind;
  external: boolean;
  /** false: the stack only degrades without it. */
  required: boolean;
  want: 'up' | 'down';
  /** No instance lives: gone, waiting for its next start, or in a crash loop. */
  dead: boolean;
  deadInstances: readonly string[];
  /** Living or dead ones that do not serve. */
  unhealthyInstances: readonly string[];
  wanted: number;
  healthy: number;
  flapping: boolean;
  /** More requests than usual; false: no more, or nobody counts them. */
  busy: boolean;
  /** Of what it depends on, and of what depends on it; transitive. */
  dependencies: readonly string[];
  dependants: readonly string[];
}>;

export type Cascade = Readonly<{
  /** Unhealthy together. */
  members: readonly string[];
  /** Members that depend on no other member; empty: no root can be told. */
  roots: readonly string[];
  total: number;
}>;

export function stackFacts(picture: Picture, policy: Policy, nowMs: number): StackFacts {
  const needs = new Map(
    [...picture.services].map(([name, service]) => [name, directNeeds(service)]),
  );
  const below = new Map([...needs.keys()].map((name) => [name, reach(needs, name)]));
  const services = new Map(
    [...picture.services].map(([name, service]) => {
      const dependants = [...below].flatMap(([other, deps]) => (deps.has(name) ? [other] : []));
      const dependencies = [...(below.get(name) ?? [])];
      const own = { ...factsOf(service), busy: isBusy(picture, name, nowMs) };
      return [name, { ...own, dependencies, dependants }] as const;
    }),
  );
  return { services, cascade: findCascade(picture, services, policy) };
}

function directNeeds(service: ServicePicture): readonly string[] {
  const declared = service.definition.dependsOn.map((dependency) => dependency.service);
  const observed = [...service.edges.values()].flatMap(({ peer }) => peer ?? []);
  return [...new Set([...declared, ...observed])].filter((name) => name !== service.name);
}

function reach(needs: ReadonlyMap<string, readonly string[]>, from: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...(needs.get(from) ?? [])];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name) || !needs.has(name) || name === from) continue;
    seen.add(name);
    open.push(...(needs.get(name) ?? []));
  }
  return seen;
}

/** Times the mean of an hour; so few requests are never many. */
const busyFactor = 1.5;
const usualMs = 3_600_000;
const leastPerS = 1;

function isBusy({ series }: Picture, name: string, nowMs: number): boolean {
  const now = series.last(name, 'requests_per_s', nowMs);
  const usual = series.mean(name, 'requests_per_s', nowMs - usualMs);
  return now !== null && usual !== null && now > busyFactor * Math.max(usual, leastPerS);
}

type OwnFacts = Omit<ServiceFacts, 'busy' | 'dependencies' | 'dependants'>;

function factsOf(service: ServicePicture): OwnFacts {
  const { definition } = service;
  const instances = [...service.instances];
  const dead = instances.filter(([, instance]) => isDead(instance, service));
  const unhealthy = instances.filter(([, { view }]) => !(view.state === 'running' && view.ready));
  const healthy = instances.length - unhealthy.length;
  return {
    kind: service.kind,
    external: definition.external,
    required: definition.required,
    want: service.want,
    dead: instances.length > 0 && dead.length === instances.length,
    deadInstances: dead.map(([name]) => name),
    unhealthyInstances: unhealthy.map(([name]) => name),
    wanted: Math.max(definition.replicas, instances.length),
    healthy,
    flapping: [...service.checks.values()].some(({ last }) => last.flapping),
  };
}

/** A job that failed may not be run twice unless its author said so. */
function isDead({ view }: InstancePicture, { definition, want }: ServicePicture): boolean {
  if (want === 'down' || definition.external) return false;
  if (definition.oneShot && definition.rerun !== 'safe') return false;
  return ['backing-off', 'crash-loop', 'failed', 'stopped'].includes(view.state);
}

function findCascade(
  picture: Picture,
  services: ReadonlyMap<string, ServiceFacts>,
  { cascade }: Policy,
): Cascade | null {
  const wanted = [...picture.services.values()].filter(
    ({ want, definition }) => want === 'up' && !definition.oneShot,
  );
  const ill = wanted
    .flatMap(({ name, unhealthySinceMs }) =>
      unhealthySinceMs === null ? [] : [{ name, sinceMs: unhealthySinceMs }],
    )
    .toSorted((a, b) => a.sinceMs - b.sinceMs);
  const least = Math.max(cascade.services, cascade.ratio * wanted.length);
  const together = ill
    .map((first, index) =>
      ill.slice(index).filter(({ sinceMs }) => sinceMs - first.sinceMs <= cascade.withinMs),
    )
    .reduce((best, group) => (group.length > best.length ? group : best), []);
  if (together.length < least) return null;
  const members = together.map(({ name }) => name);
  return { members, roots: rootsOf(members, services), total: wanted.length };
}

/** More independent roots than a person would call a coincidence: rather the monitor or the host. */
const mostRoots = 2;

/** Members that need no other member, and what all of them need: it may look well and be the cause. */
function rootsOf(
  members: readonly string[],
  services: ReadonlyMap<string, ServiceFacts>,
): readonly string[] {
  const needs = (name: string) => services.get(name)?.dependencies ?? [];
  const among = new Set(members);
  const shared = needs(members[0] ?? '').filter((name) =>
    members.every((member) => member === name || needs(member).includes(name)),
  );
  const tops = members.filter((name) => !needs(name).some((other) => among.has(other)));
  // Whose process is gone is ill for certain, whatever the monitor thinks.
  const sure =
    tops.length <= mostRoots ? tops : tops.filter((name) => services.get(name)?.dead === true);
  return [...new Set([...sure, ...shared])];
}
