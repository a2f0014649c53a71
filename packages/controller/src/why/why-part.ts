/**
 * Keeps one sentence per service up to date: recomputed right after a notice about it or about what
 * it depends on, and every 5 s while there is something to say.
 *
 * One service at a time, each after a turn of the event loop, so that many ends at once do not hold
 * up anybody else.
 */
import { explain } from '@fettle/core/loop/diagnose/explain';
import type { Why } from '@fettle/core/loop/diagnose/why-input';
import { sentenceLimit } from '@fettle/core/loop/diagnose/words';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { WhyPart } from '../parts.ts';
import { fitsServing } from './fits-state.ts';
import { clock, gather, isPlain, stateOf, worstInstance, type WhyDeps } from './gather.ts';

export type { WhyDeps } from './gather.ts';

/** The dying words may reach the spool a moment after the end is known. */
const settleMs = 25;
/** When so many services speak at once they are being started or stopped: the cores are theirs. */
const crowd = 8;
const crowdMs = 400;
const reviewEveryMs = 5_000;
/** Each so many reviews (10 min) every service is looked at, in case a notice was missed. */
const fullReviewEvery = 120;

/** How long a cure is worth a note. */
const notableMs = 300_000;

type Known = Readonly<{ why: Why; view: InstanceView }>;
type Shell = Readonly<{
  deps: WhyDeps;
  known: Map<string, Known>;
  /** Until when a service has something to tell although it is fine, epoch ms. */
  notable: Map<string, number>;
  dirty: Set<string>;
  listeners: Set<(service: string) => void>;
}> & {
  timer: NodeJS.Timeout | null;
  working: Promise<void> | null;
  stopped: boolean;
  reviews: number;
};

export function createWhy(deps: WhyDeps): WhyPart {
  const shell: Shell = {
    deps,
    known: new Map(),
    notable: new Map(),
    dirty: new Set(),
    listeners: new Set(),
    timer: null,
    working: null,
    stopped: false,
    reviews: 0,
  };
  const all = (): void => touch(shell, serviceNames(shell));
  const disposers = [
    deps.link.onNotice((notice) => touch(shell, servicesOf(shell, notice))),
    deps.link.onSnapshot(all),
    deps.journal.onEvent(({ kind, service }) => {
      if (service === null || !/^(?:check|healing)\.|\.continued$/.test(kind)) return;
      if (kind.endsWith('.continued')) shell.notable.set(service, clock(deps) + notableMs);
      touch(shell, [service]);
    }),
  ];
  const review = setInterval(() => touch(shell, worthReviewing(shell)), reviewEveryMs);
  review.unref();
  all();
  return {
    why: (service) => current(shell, service),
    async explain(service) {
      await recompute(shell, service);
      return shell.known.get(service)?.why ?? (await noteOf(shell, service));
    },
    onChange(listener) {
      shell.listeners.add(listener);
      return () => shell.listeners.delete(listener);
    },
    async stop() {
      shell.stopped = true;
      clearInterval(review);
      if (shell.timer !== null) clearTimeout(shell.timer);
      for (const dispose of disposers) dispose();
      await shell.working;
    },
  };
}

/** A sentence about a view that is no more is not told of a service that is fine by now. */
function current(shell: Shell, name: string): Why | null {
  const known = shell.known.get(name);
  if (known === undefined) return null;
  const { deps } = shell;
  // Health may have turned since: what holds a service back is not told beside ok.
  if (!fitsServing(known.why.cause)) {
    const worst = worstInstance(deps, name);
    if (worst !== null && stateOf(deps, worst) === 'ok') return null;
  }
  if (deps.link.instance(known.view.instance) === known.view) return known.why;
  const service = deps.link.stack()?.services.find((one) => one.name === name);
  const plain = service !== undefined && isPlain(deps, service, shell.notable.get(name));
  return plain ? null : known.why;
}

function serviceNames({ deps }: Shell): readonly string[] {
  return deps.link.stack()?.services.map(({ name }) => name) ?? [];
}

function servicesOf(shell: Shell, notice: Notice): readonly string[] {
  switch (notice.kind) {
    case 'instance-changed':
      return [notice.view.service];
    case 'rolled':
      return [notice.service];
    case 'port-moved':
      return [notice.service, ...notice.dependants];
    case 'continued':
    case 'instance-removed':
      return [notice.instance.replace(/\.\d+$/, '')];
    default:
      return serviceNames(shell);
  }
}

/**
 * What is not ok may have changed without a word: a port was freed, an age grew. All others speak
 * through notices; they are looked at now and then in case one was missed.
 */
function worthReviewing(shell: Shell): readonly string[] {
  shell.reviews += 1;
  return shell.reviews % fullReviewEvery === 0 ? serviceNames(shell) : [...shell.known.keys()];
}

function touch(shell: Shell, services: readonly string[]): void {
  if (shell.stopped) return;
  for (const name of services) shell.dirty.add(name);
  if (shell.dirty.size === 0 || shell.timer !== null || shell.working !== null) return;
  const begin = (): void => {
    shell.timer = null;
    shell.working = work(shell).finally(() => {
      shell.working = null;
      touch(shell, []);
    });
  };
  shell.timer = setTimeout(() => {
    if (shell.dirty.size <= crowd) begin();
    else shell.timer = setTimeout(begin, crowdMs);
  }, settleMs);
}

async function work(shell: Shell): Promise<void> {
  const batch = inOrder(shell, [...shell.dirty]);
  shell.dirty.clear();
  for (const service of batch) {
    if (shell.stopped) return;
    await recompute(shell, service);
    await new Promise(setImmediate);
  }
}

/** What others depend on first, since its sentence is quoted in theirs. */
function inOrder(shell: Shell, names: readonly string[]): readonly string[] {
  const services = shell.deps.link.stack()?.services ?? [];
  const depth = new Map<string, number>();
  for (let round = 0; round < 8; round += 1)
    for (const { name, dependsOn } of services)
      depth.set(name, Math.max(0, ...dependsOn.map((need) => 1 + (depth.get(need.service) ?? 0))));
  return names.toSorted((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0));
}

async function recompute(shell: Shell, name: string): Promise<void> {
  const { deps, known, notable } = shell;
  const stack = deps.link.stack();
  const service = stack?.services.find((one) => one.name === name);
  const before = known.get(name)?.why ?? null;
  let after: Known | null = null;
  if (stack !== null && service !== undefined && !isPlain(deps, service, notable.get(name))) {
    const view = worstInstance(deps, name);
    const why = (of: string): Why | null => current(shell, of);
    if (view !== null) {
      const input = await gather({ deps, stack, service, view, why });
      const said = named(explain(input), view.instance, shell);
      if (said !== null) after = { why: said, view };
    }
  }
  if (shell.stopped) return;
  if (after === null) known.delete(name);
  else known.set(name, after);
  if (before?.sentence === after?.why.sentence) return;
  for (const listener of shell.listeners) listener(name);
  const dependants = stack?.services.filter(({ dependsOn }) =>
    dependsOn.some((need) => need.service === name),
  );
  // Ages tick in sentences; dependants hear of a new cause, not of a new age.
  if (before?.cause !== after?.why.cause) touch(shell, dependants?.map((one) => one.name) ?? []);
}

/** What a person who asks may hear of a service that is fine: a note too small for the list. */
async function noteOf({ deps }: Shell, name: string): Promise<Why | null> {
  const stack = deps.link.stack();
  const service = stack?.services.find((one) => one.name === name);
  const view = worstInstance(deps, name);
  if (stack === null || service === undefined || view === null) return null;
  return explain(await gather({ deps, stack, service, view, why: () => null }));
}

/** Of several replicas the one that is meant is named. */
function named(why: Why | null, instance: string, { deps }: Shell): Why | null {
  if (why === null) return null;
  const service = instance.replace(/\.\d+$/, '');
  const replicas = deps.link.instances().filter((view) => view.service === service).length;
  const sentence = `${instance}: ${why.sentence}`;
  return replicas < 2 || sentence.length > sentenceLimit ? why : { ...why, sentence };
}
