/** What only the whole stack can tell: unknown dependencies, profiles, cycles, ports. */
import type { ReservedRange, Service } from '@fettle/core/stack/service';
import { findCycle } from '@fettle/core/stack/dependency-graph';
import { nearestOf } from '../problem/nearest.ts';
import type { ProblemSink } from '../problem/problem.ts';
import type { StackFields } from '../keys/stack-keys.ts';
import { firstLine } from '../shape/shape.ts';
import { isContainer } from './container.ts';
import { dependenciesOf, type ServiceEntry } from './service.ts';

/** Active ones: without profiles, or with one that is asked for (`*` asks for all). */
export function activeServices(
  entries: readonly ServiceEntry[],
  profiles: readonly string[],
): readonly ServiceEntry[] {
  return entries.filter(({ value }) => {
    const own = value.profiles?.value ?? [];
    return (
      own.length === 0 || profiles.includes('*') || own.some((name) => profiles.includes(name))
    );
  });
}

/** A folder to build from beside a command: the command runs here. */
export function sayIgnoredBuilds(entries: readonly ServiceEntry[], sink: ProblemSink): void {
  for (const { value, name } of entries)
    if (value.build !== undefined && !isContainer(value) && value.external?.value !== true)
      sink.add({
        code: 'W-CONFIG-IGNORED',
        spot: firstLine(value.build.node),
        path: `services.${name}.build`,
        message: `\`build\` of ${name} is ignored: its \`command\` runs here as a process`,
        hint: 'Nothing to do when that is what you want; with an `image` it would be a container.',
      });
}

/** Returns the services without optional dependencies that no active profile runs. */
export function checkDependencies(
  all: readonly ServiceEntry[],
  active: readonly ServiceEntry[],
  sink: ProblemSink,
): readonly ServiceEntry[] {
  const known = new Map(all.map((entry) => [entry.name, entry]));
  const running = new Set(active.map(({ name }) => name));
  return active.map((entry) => {
    const wishes = entry.value.depends_on;
    if (wishes === undefined) return entry;
    const value = wishes.value.filter((wish) => {
      const path = `services.${entry.name}.depends_on`;
      const target = known.get(wish.service);
      const seen = wish.service;
      if (running.has(wish.service)) return true;
      if (target === undefined) {
        const names = [...known.keys()].filter((name) => name !== entry.name);
        const nearest = nearestOf(wish.service, names);
        const guess = nearest === null ? '' : `; did you mean \`${nearest}\`?`;
        const message = `\`${entry.name}\` depends on \`${wish.service}\`, and there is no such service${guess}`;
        const hint =
          nearest === null
            ? `Define services.${wish.service}, or remove it here.`
            : `Write \`${nearest}\`.`;
        sink.add({
          code: 'E-CONFIG-DEPENDS',
          spot: wish.spot,
          path,
          seen,
          allowed: names,
          nearest,
          message,
          hint,
        });
      } else if (wish.required) {
        const profiles = target.value.profiles?.value ?? [];
        const message = `\`${entry.name}\` depends on \`${wish.service}\`, which runs only with profile ${profiles.join(' or ')}`;
        const hint = `Start with COMPOSE_PROFILES=${profiles[0] ?? ''}, or add \`required: false\` to this dependency.`;
        sink.add({
          code: 'E-CONFIG-PROFILE',
          spot: wish.spot,
          path,
          seen,
          allowed: profiles,
          message,
          hint,
        });
      }
      return false;
    });
    return value.length === wishes.value.length
      ? entry
      : { ...entry, value: { ...entry.value, depends_on: { ...wishes, value } } };
  });
}

export function refuseCycles(entries: readonly ServiceEntry[], sink: ProblemSink): void {
  let graph = entries.map(({ name, value }) => ({
    name,
    dependsOn: dependenciesOf(value),
  }));
  for (let cycle = findCycle(graph); cycle !== null; cycle = findCycle(graph)) {
    const [first, second] = cycle;
    const entry = entries.find(({ name }) => name === first)!;
    const wish = entry.value.depends_on?.value.find(({ service }) => service === second);
    const members = new Set(cycle);
    sink.add({
      code: 'E-CONFIG-CYCLE',
      spot: wish?.spot ?? entry.keySpot,
      path: `services.${first ?? ''}.depends_on`,
      seen: cycle.join(' → '),
      message:
        cycle.length === 2
          ? `\`${first}\` depends on itself`
          : `services wait for each other in a circle: ${cycle.join(' → ')}`,
      hint: 'Remove one of these dependencies.',
    });
    // Each circle is told once: its members are taken out before the next search.
    graph = graph.filter(({ name }) => !members.has(name));
  }
}

export function readReserved(fields: StackFields, sink: ProblemSink): readonly ReservedRange[] {
  const reserved: ReservedRange[] = [];
  for (const { name, value, node } of fields.ports?.value.reserved?.value ?? [])
    for (const { from, to } of value) {
      const other = reserved.find(
        (range) => range.class !== name && range.from <= to && from <= range.to,
      );
      if (other !== undefined)
        sink.add({
          code: 'E-CONFIG-PORT-RESERVED',
          spot: firstLine(node),
          path: `ports.reserved.${name}`,
          seen: `${from}-${to}`,
          message: `${from}-${to} of class \`${name}\` overlaps ${other.from}-${other.to} of class \`${other.class}\``,
          hint: 'Make the ranges disjoint.',
        });
      reserved.push({ class: name, from, to });
    }
  return reserved;
}

export function checkPorts(
  entries: readonly ServiceEntry[],
  services: readonly Service[],
  { reserved, sink }: Readonly<{ reserved: readonly ReservedRange[]; sink: ProblemSink }>,
): void {
  const classes = [...new Set(reserved.map((range) => range.class))];
  const singles = new Map<number, string>();
  for (const service of services) {
    const { value: fields } = entries.find(({ name }) => name === service.name)!;
    const at = fields.port ?? fields.ports;
    if (fields.class !== undefined && !classes.includes(fields.class.value)) {
      const nearest = nearestOf(fields.class.value, classes);
      const message = `port class \`${fields.class.value}\` has no range in \`ports.reserved\``;
      const hint =
        nearest === null
          ? `Add \`ports: {reserved: {${fields.class.value}: 8000-8099}}\` at the top.`
          : `Write \`${nearest}\`.`;
      sink.add({
        code: 'E-CONFIG-VALUE',
        spot: fields.class.node.spot,
        path: `services.${service.name}.class`,
        seen: fields.class.value,
        allowed: classes,
        nearest,
        message,
        hint,
      });
    }
    if (service.port === null || at === undefined || service.external) continue;
    const spot = firstLine(at.node);
    const path = `services.${service.name}.port`;
    for (const { from, to } of service.port.preferred) {
      const range = reserved.find(
        (candidate) =>
          candidate.class !== service.portClass && candidate.from <= to && from <= candidate.to,
      );
      if (range !== undefined)
        sink.add({
          code: 'E-CONFIG-PORT-RESERVED',
          spot,
          path,
          seen: from === to ? String(from) : `${from}-${to}`,
          message: `\`${service.name}\` asks for ports inside ${range.from}-${range.to}, which are reserved for class \`${range.class}\``,
          hint: `Add \`class: ${range.class}\` to ${service.name}, or choose other ports.`,
        });
    }
    const [only, more] = service.port.preferred;
    if (only === undefined || more !== undefined || only.from !== only.to) continue;
    const holder = singles.get(only.from);
    if (holder === undefined) singles.set(only.from, service.name);
    else
      sink.add({
        code: 'W-CONFIG-PORT-SHARED',
        spot,
        path,
        seen: String(only.from),
        message: `\`${service.name}\` and \`${holder}\` both ask for port ${only.from}; one of them gets another`,
        hint: 'Give each its own port, or a list such as `8000-8009`.',
      });
  }
}

/** External services need an address, and only they have one. */
export function checkExternal(entries: readonly ServiceEntry[], sink: ProblemSink): void {
  for (const { name, value: fields, keySpot, node } of entries) {
    const external = fields.external?.value === true;
    const path = `services.${name}`;
    if (external && node.kind === 'map' && !node.entries.has('url'))
      sink.add({
        code: 'E-CONFIG-REQUIRED',
        spot: keySpot,
        path,
        allowed: ['url'],
        message: `external service \`${name}\` has no \`url\``,
        hint: 'Add `url: http://host:port`.',
      });
    if (!external && fields.url !== undefined)
      sink.add({
        code: 'W-CONFIG-IGNORED',
        spot: fields.url.node.spot,
        path: `${path}.url`,
        message: `\`url\` of ${name} is ignored: the service is not external`,
        hint: 'Add `external: true`, or remove `url`.',
      });
    if (external && (fields.command ?? fields.entrypoint) !== undefined)
      sink.add({
        code: 'W-CONFIG-IGNORED',
        spot: firstLine((fields.command ?? fields.entrypoint)!.node),
        path: `${path}.command`,
        message: `\`command\` of ${name} is ignored: an external service is never started`,
        hint: 'Remove it, or `external: true`.',
      });
  }
}
