/**
 * Which services run here under somebody else, from facts alone: what a manager keeps, and what
 * listens without one, each with its process tree, ports and links. Nothing is owned or changed.
 */
import { keptBy, managerProgram, type Kept, type Manager } from './manager-of.ts';
import { nameProgram } from './name-program.ts';
import type { Connection, Listening, RunningFacts, RunningProcess } from './running-facts.ts';

export type FoundInstance = Readonly<{
  root: RunningProcess;
  /** The root and all below it. */
  processes: readonly RunningProcess[];
}>;

export type FoundLink = Readonly<{
  /** Of a service found, or the address of what is elsewhere. */
  to: string;
  port: number;
  state: 'connected' | 'connecting' | 'nobody listens';
  /** Variable that names it; null: seen as a connection. */
  variable: string | null;
}>;

export type FoundService = Readonly<{
  name: string;
  manager: Manager;
  instances: readonly FoundInstance[];
  listening: readonly Listening[];
  links: readonly FoundLink[];
}>;

export type FindOptions = Readonly<{
  /** With what the system itself runs (sshd, cron and the like). */
  all: boolean;
  /** Processes that are us and those who called us. */
  self: ReadonlySet<number>;
}>;

/** What every machine runs; a stack is not made of it. */
const infrastructure =
  /^(?:systemd(?:-[\w-]+)?|init|sshd|dbus(?:-[\w-]+)?|cron|crond|atd|rsyslogd|chronyd|ntpd|agetty|login|polkitd|udevd|NetworkManager|wpa_supplicant|dhclient|cupsd?|cups-browsed|avahi-daemon|snapd|containerd|dockerd|docker-init|unattended-upgr|networkd-dispat|tmux.*|screen|gdm.*|Xorg|pipewire.*|code|code-server|chrome.*|firefox.*)$/;
const shells = /^-?(?:ba|da|z|fi|tc)?sh$/;

export function findServices(facts: RunningFacts, options: FindOptions): readonly FoundService[] {
  const byPid = new Map(facts.processes.map((process) => [process.pid, process]));
  const ports = Map.groupBy(
    facts.listening.filter((one) => one.pid !== null),
    (one) => one.pid!,
  );
  const climbing = { self: options.self, listeners: countListeners(facts, byPid) };
  const roots = new Map<number, Kept>();
  for (const process of facts.processes) {
    if (process.ours || options.self.has(process.pid)) continue;
    const ancestors = ancestorsOf(process, byPid);
    if (ancestors.some(({ ours }) => ours)) continue;
    if (managerProgram(process) !== null) continue;
    const kept = keptBy(process, ancestors);
    if (kept.manager === 'nobody' && !ports.has(process.pid)) continue;
    const root = rootOf(process, ancestors, kept, climbing);
    if (options.self.has(root.pid)) continue;
    if (!options.all && isSystems(root, kept, facts)) continue;
    if (!roots.has(root.pid)) roots.set(root.pid, kept);
  }
  const groups = groupByName(roots, byPid);
  const trees = groups.map((group) => ({
    ...group,
    instances: group.roots.map((root) => ({
      root,
      processes: treeOf(root, facts.processes, roots),
    })),
  }));
  return withLinks(trees, facts);
}

/** From the parent upwards. */
function ancestorsOf(
  process: RunningProcess,
  byPid: ReadonlyMap<number, RunningProcess>,
): readonly RunningProcess[] {
  const found: RunningProcess[] = [];
  const seen = new Set([process.pid]);
  for (let at = byPid.get(process.ppid); at !== undefined; at = byPid.get(at.ppid)) {
    if (seen.has(at.pid) || at.pid <= 1) break;
    seen.add(at.pid);
    found.push(at);
  }
  return found;
}

type Climbing = Readonly<{
  self: ReadonlySet<number>;
  /** How many programs listen at or below a process. */
  listeners: ReadonlyMap<number, number>;
}>;

/** The topmost process that still is this service: below its manager, its unit, or a terminal. */
function rootOf(
  process: RunningProcess,
  ancestors: readonly RunningProcess[],
  kept: Kept,
  { self, listeners }: Climbing,
): RunningProcess {
  let root = process;
  for (let at = 0; at < ancestors.length; at += 1) {
    const above = ancestors[at]!;
    if (self.has(above.pid) || managerProgram(above) !== null) break;
    if (infrastructure.test(above.name)) break;
    if (kept.manager === 'nobody') {
      // It started another that listens, too: both are services, and this is neither.
      if ((listeners.get(above.pid) ?? 0) > (listeners.get(root.pid) ?? 0)) break;
      if (isTyped(above)) break;
    } else {
      const same = keptBy(above, ancestors.slice(at + 1));
      if (same.manager !== kept.manager || same.name !== kept.name) break;
    }
    root = above;
  }
  return root;
}

/** A shell that somebody types in. */
function isTyped({ args, name, terminal }: RunningProcess): boolean {
  const program = args?.[0]?.split('/').at(-1) ?? name;
  return shells.test(program) && (args === null || args.length === 1 || terminal);
}

function countListeners(
  facts: RunningFacts,
  byPid: ReadonlyMap<number, RunningProcess>,
): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const pid of new Set(facts.listening.map((one) => one.pid))) {
    const process = byPid.get(pid ?? 0);
    if (process === undefined) continue;
    for (const one of [process, ...ancestorsOf(process, byPid)])
      counts.set(one.pid, (counts.get(one.pid) ?? 0) + 1);
  }
  return counts;
}

/** A unit of the distribution that listens nowhere is the system's own affair. */
function isSystems(root: RunningProcess, kept: Kept, facts: RunningFacts): boolean {
  if (infrastructure.test(root.name)) return true;
  if (kept.manager !== 'systemd') return false;
  const isShipped = /^\/(?:usr\/(?:s?bin|lib)|s?bin|lib)/.test(root.args?.[0] ?? '/usr/bin');
  const listens = facts.listening.some(({ pid }) => pid === root.pid);
  return !listens && isShipped && root.cwd === '/';
}

type Group = Readonly<{ name: string; manager: Manager; roots: readonly RunningProcess[] }>;

/** Instances of one name are one service; what nobody named is told apart by a number. */
function groupByName(
  roots: ReadonlyMap<number, Kept>,
  byPid: ReadonlyMap<number, RunningProcess>,
): readonly Group[] {
  const groups = new Map<string, { name: string; manager: Manager; roots: RunningProcess[] }>();
  const taken = new Set<string>();
  for (const [pid, { manager, name }] of [...roots].toSorted(([one], [other]) => one - other)) {
    const root = byPid.get(pid)!;
    const key = name === null ? `${manager} pid ${pid}` : `${manager} ${name}`;
    const known = groups.get(key);
    if (known !== undefined) {
      known.roots.push(root);
      continue;
    }
    const base = name ?? nameProgram(root);
    let unique = base;
    for (let count = 2; taken.has(unique); count += 1) unique = `${base}-${count}`;
    taken.add(unique);
    groups.set(key, { name: unique, manager, roots: [root] });
  }
  return [...groups.values()];
}

/** All below `root` that is no service of its own. */
function treeOf(
  root: RunningProcess,
  all: readonly RunningProcess[],
  roots: ReadonlyMap<number, Kept>,
): readonly RunningProcess[] {
  const children = Map.groupBy(all, ({ ppid }) => ppid);
  const found: RunningProcess[] = [];
  const open = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    found.push(at);
    open.push(...(children.get(at.pid) ?? []).filter(({ pid }) => !roots.has(pid)));
  }
  return found;
}

type Tree = Omit<FoundService, 'listening' | 'links'>;

function withLinks(trees: readonly Tree[], facts: RunningFacts): readonly FoundService[] {
  const owner = new Map<number, string>();
  for (const { name, instances } of trees)
    for (const { processes } of instances) for (const { pid } of processes) owner.set(pid, name);
  // In cluster mode PM2 itself listens: for the app with several instances, if there is but one.
  const managing = new Set(
    facts.processes.filter((one) => managerProgram(one) === 'pm2').map(({ pid }) => pid),
  );
  const several = trees.filter(
    ({ manager, instances }) => manager === 'pm2' && instances.length > 1,
  );
  const clustered = several.length === 1 ? several[0] : null;
  const portOwner = new Map<number, string | null>();
  for (const { port, pid } of facts.listening) {
    const name = pid !== null && managing.has(pid) ? clustered?.name : owner.get(pid ?? 0);
    portOwner.set(port, name ?? portOwner.get(port) ?? null);
  }
  return trees.map((tree) => {
    const pids = new Set(tree.instances.flatMap((one) => one.processes.map(({ pid }) => pid)));
    const listening = facts.listening.filter(
      ({ pid }) => pid !== null && (pids.has(pid) || (tree === clustered && managing.has(pid))),
    );
    const own = new Set(listening.map(({ port }) => port));
    const links = new Map<string, FoundLink>();
    for (const connection of facts.connections) {
      // Its own clients: the port is the one that it listens on.
      if (!pids.has(connection.pid) || own.has(connection.localPort)) continue;
      const link = linkOf(connection, portOwner);
      if (link.to !== tree.name) links.set(`${link.to}:${link.port}`, link);
    }
    for (const { variable, port } of wantsOf(tree)) {
      const to = portOwner.get(port);
      if (own.has(port) || [...links.values()].some((link) => link.port === port)) continue;
      const isThere = portOwner.has(port);
      const name = to ?? `127.0.0.1:${port}`;
      if (!isThere) links.set(name, { to: name, port, state: 'nobody listens', variable });
    }
    return { ...tree, listening: dedupe(listening), links: [...links.values()] };
  });
}

function linkOf(
  { remoteAddress, remotePort, state }: Connection,
  portOwner: ReadonlyMap<number, string | null>,
): FoundLink {
  const isLocal = /^(?:127\.|::1$|0\.0\.0\.0$|::$)/.test(remoteAddress);
  const name = isLocal ? portOwner.get(remotePort) : undefined;
  return {
    to:
      name ?? `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`,
    port: remotePort,
    state: state === 'syn-sent' ? 'connecting' : 'connected',
    variable: null,
  };
}

const wantsOf = ({ instances }: Tree) =>
  instances.flatMap(({ processes }) => processes.flatMap(({ wants }) => wants));

/** One line a port and address, though several processes may share it. */
function dedupe(listening: readonly Listening[]): readonly Listening[] {
  const seen = new Map<string, Listening>();
  for (const one of listening) {
    const key = `${one.address}:${one.port}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()].toSorted((one, other) => one.port - other.port);
}
