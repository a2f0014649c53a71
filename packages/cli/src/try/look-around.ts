/** One look at what others run here: found, asked, judged; and what changed since the last look. */
import { findServices, type FoundLink, type FoundService } from '@fettle/core/found/find-services';
import { judgeFound, type FoundState, type PortAnswer } from '@fettle/core/found/judge-found';
import type { Manager } from '@fettle/core/found/manager-of';
import { readRunningFacts } from '@fettle/proc/running-facts';
import { askPorts } from './ask-ports.ts';

export type TriedService = Readonly<{
  name: string;
  manager: Manager;
  state: FoundState;
  why: string | null;
  pids: readonly number[];
  command: string;
  cwd: string | null;
  ports: readonly Readonly<{ port: number; address: string } & Omit<PortAnswer, 'port'>>[];
  links: readonly FoundLink[];
  /** Share of one core since the last look; null: the first. */
  cpu: number | null;
  rssBytes: number;
  ageMs: number | null;
  suggestions: readonly string[];
}>;

export type Look = Readonly<{
  services: readonly TriedService[];
  /** Seen at an earlier look, and not there any more. */
  gone: readonly string[];
  atMs: number;
}>;

export type LookOptions = Readonly<{
  /** Only these; empty: all. */
  names: readonly string[];
  /** With what the system itself runs, and what lies elsewhere. */
  all: boolean;
  /** The folder whose stack is meant, when something of it runs. */
  dir: string;
  probe: boolean;
}>;

type Seen = { roots: ReadonlySet<number>; replaced: number; sinceMs: number; cpuMs: number };

/** Remembers what it saw, to tell restarts and CPU; owns nothing. */
export function lookAround(options: LookOptions): () => Promise<Look> {
  const seen = new Map<string, Seen>();
  let lastMs: number | null = null;
  return async () => {
    const nowMs = performance.now();
    const facts = readRunningFacts();
    const found = chosen(findServices(facts, { all: options.all, self: selves(facts) }), options);
    const elapsedMs = lastMs === null ? null : nowMs - lastMs;
    lastMs = nowMs;
    const services = await Promise.all(
      found.map(async (service) => {
        const before = seen.get(keyOf(service)) ?? null;
        const now = remember(service, before, nowMs);
        seen.set(keyOf(service), now);
        const answers = options.probe ? await askPorts(service) : [];
        const earlier = { replaced: now.replaced, sinceMs: nowMs - now.sinceMs };
        const usedMs = before === null ? null : now.cpuMs - before.cpuMs;
        const cpu = usedMs === null || elapsedMs === null ? null : Math.max(0, usedMs / elapsedMs);
        return { ...described(service, answers), ...judgeFound(service, answers, earlier), cpu };
      }),
    );
    const names = new Set(found.map(keyOf));
    const gone = [...seen.keys()].filter((key) => !names.has(key));
    return { services, gone: gone.map((key) => key.split(' ').slice(1).join(' ')), atMs: nowMs };
  };
}

const keyOf = ({ manager, name }: FoundService): string => `${manager} ${name}`;

/** We ourselves, and whoever called us. */
function selves({ processes }: ReturnType<typeof readRunningFacts>): ReadonlySet<number> {
  const parents = new Map(processes.map(({ pid, ppid }) => [pid, ppid]));
  const found = new Set<number>();
  for (let at = process.pid; at > 1 && !found.has(at); at = parents.get(at) ?? 0) found.add(at);
  return found;
}

/** Of the folder and what it talks to, when something of it runs; else everything. */
function chosen(
  services: readonly FoundService[],
  { names, all, dir }: LookOptions,
): readonly FoundService[] {
  if (names.length > 0) return services.filter(({ name }) => names.includes(name));
  const isHere = ({ instances }: FoundService): boolean =>
    instances.some(({ processes }) =>
      processes.some(({ cwd }) => cwd === dir || cwd?.startsWith(`${dir}/`) === true),
    );
  const here = services.filter(isHere);
  if (all || here.length === 0) return services;
  const wanted = new Set(here.map(({ name }) => name));
  for (const { links } of here) for (const { to } of links) wanted.add(to);
  return services.filter(({ name }) => wanted.has(name));
}

function remember(service: FoundService, before: Seen | null, nowMs: number): Seen {
  const roots = new Set(service.instances.map(({ root }) => root.pid));
  const fresh = before === null ? 0 : [...roots].filter((pid) => !before.roots.has(pid)).length;
  const more = before === null ? 0 : Math.max(0, roots.size - before.roots.size);
  return {
    roots,
    // A further instance is none that was started again.
    replaced: (before?.replaced ?? 0) + Math.max(0, fresh - more),
    sinceMs: before?.sinceMs ?? nowMs,
    cpuMs: sumOf(service, ({ cpuMs }) => cpuMs),
  };
}

type Part = FoundService['instances'][number]['processes'][number];

const sumOf = ({ instances }: FoundService, of: (process: Part) => number): number =>
  instances.reduce(
    (sum, { processes }) => sum + processes.reduce((part, process) => part + of(process), 0),
    0,
  );

function described(service: FoundService, answers: readonly PortAnswer[]) {
  const { name, manager, instances, listening, links } = service;
  const [first] = instances;
  const ages = instances.map(({ root }) => root.ageMs).filter((age) => age !== null);
  const unknown = { result: 'not asked', path: null, status: null, tookMs: null } as const;
  return {
    name,
    manager,
    pids: instances.map(({ root }) => root.pid),
    command: first?.root.args?.join(' ') ?? first?.root.name ?? '',
    cwd: first?.root.cwd ?? null,
    ports: listening.map(({ port, address }) => ({
      address,
      ...(answers.find((answer) => answer.port === port) ?? { port, ...unknown }),
    })),
    links,
    rssBytes: sumOf(service, ({ rssBytes }) => rssBytes),
    ageMs: ages.length === 0 ? null : Math.min(...ages),
  };
}
