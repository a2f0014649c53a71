/**
 * Restarts services whose files changed, as their `watch:` says. When and how often is decided in
 * core (`watch-decision.ts`); every act names the file that led to it.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { relative } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import type { WatchRule } from '@fettle/core/stack/watch-rule';
import { pathFilter } from '@fettle/core/watch/path-filter';
import {
  decideWatch,
  newWatchMemory,
  noteChange,
  type WatchMemory,
  type WatchVerdict,
} from '@fettle/core/watch/watch-decision';
import type { WatchedRule } from '@fettle/sdk/api/documents';
import { minds, processesOf } from '../loop/actions/own-processes.ts';
import type { Journal, SupervisorLink } from '../parts.ts';
import { watchTree, type TreeWatch } from './tree-watch.ts';

export type WatchPart = Readonly<{
  /** In order of the file; `service` null: all. */
  rules(service: string | null): readonly WatchedRule[];
  stop(): Promise<void>;
}>;

export type WatchOptions = Readonly<{
  link: Pick<SupervisorLink, 'stack' | 'instances' | 'onSnapshot' | 'onNotice' | 'request'>;
  journal: Pick<Journal, 'append'>;
  /** Wall clock. */
  nowMs: () => number;
  onTrouble: (cause: unknown) => void;
}>;

type Watched = {
  readonly service: string;
  readonly rule: WatchRule;
  readonly memory: WatchMemory;
  readonly tree: TreeWatch;
  timer: NodeJS.Timeout | null;
  last: WatchedRule['last'];
  toldCut: boolean;
};
type Part = WatchOptions & { watched: Map<string, Watched> };

export function openWatchPart(options: WatchOptions): WatchPart {
  const part: Part = { ...options, watched: new Map() };
  const disposers = [
    options.link.onSnapshot(() => refresh(part)),
    options.link.onNotice((notice) => {
      if (notice.kind === 'stack-changed') refresh(part);
    }),
  ];
  refresh(part);
  return {
    rules: (service) =>
      [...part.watched.values()]
        .filter((one) => service === null || one.service === service)
        .map(documentOf),
    stop() {
      for (const dispose of disposers) dispose();
      for (const one of part.watched.values()) close(one);
      return Promise.resolve();
    },
  };
}

function refresh(part: Part): void {
  const wanted = new Map<string, Readonly<{ service: Service; rule: WatchRule }>>();
  for (const service of part.link.stack()?.services ?? [])
    for (const rule of service.external ? [] : (service.watch ?? []))
      wanted.set(JSON.stringify([service.name, rule]), { service, rule });
  for (const [key, one] of part.watched)
    if (!wanted.has(key)) {
      close(one);
      part.watched.delete(key);
    }
  const ordered = new Map<string, Watched>();
  for (const [key, { service, rule }] of wanted)
    ordered.set(key, part.watched.get(key) ?? open(part, service.name, rule));
  part.watched = ordered;
}

function open(part: Part, service: string, rule: WatchRule): Watched {
  const memory = newWatchMemory();
  const tree = watchTree({
    paths: rule.paths,
    counts: pathFilter(rule.ignore),
    onChange: (path) => {
      noteChange(memory, path, performance.now());
      review(part, one);
    },
  });
  const one: Watched = { service, rule, memory, tree, timer: null, last: null, toldCut: false };
  return one;
}

function close(one: Watched): void {
  if (one.timer !== null) clearTimeout(one.timer);
  one.tree.stop();
}

/** A burst arms one timer: what comes meanwhile is seen when it fires. */
function review(part: Part, one: Watched): void {
  if (one.timer !== null) return;
  const verdict = decideWatch(one.memory, one.rule, performance.now());
  if (verdict.kind === 'rest') return;
  if (verdict.kind !== 'wait') carryOut(part, one, verdict);
  const waitMs = verdict.kind === 'wait' ? Math.max(1, verdict.forMs) : 0;
  one.timer = setTimeout(() => {
    one.timer = null;
    review(part, one);
  }, waitMs).unref();
}

type Act = Exclude<WatchVerdict, { kind: 'rest' | 'wait' }>;

function carryOut(part: Part, one: Watched, verdict: Act): void {
  const { service, rule } = one;
  const names = namesOf(part, verdict.files);
  if (verdict.kind === 'mute') return tellMuted(part, one, names, verdict.why);
  const more = verdict.count - 1;
  const what = more === 0 ? names[0] : `${names[0]} and ${more} more`;
  const at = new Date(part.nowMs()).toISOString();
  const act = actFor(part, one);
  one.last = { at, files: names, count: verdict.count, done: act.done };
  part.journal.append({
    kind: 'watch.changed',
    service,
    instance: null,
    severity: act.severity,
    text: `${what} changed: ${act.text}`,
    data: { files: names, count: verdict.count, action: rule.action, done: act.done },
  });
  act.run();
}

type Doing = Readonly<{
  done: string;
  text: string;
  severity: 'info' | 'warn';
  run: () => void;
}>;

function actFor(part: Part, { service, rule: { action } }: Watched): Doing {
  const views = part.link.instances().filter((view) => view.service === service);
  const nothing = (text: string, severity: Doing['severity'] = 'info'): Doing => ({
    done: 'none',
    text,
    severity,
    run: () => undefined,
  });
  if (action === 'none') return nothing(`nothing is done to ${service}`);
  // Whoever was stopped by a person stays so.
  if (views.every(({ state }) => state === 'stopped')) return nothing(`${service} stays stopped`);
  if (action === 'restart') {
    const run = (): void => restart(part, service, views.length > 1);
    return { done: 'restart', text: `${service} is restarted`, severity: 'info', run };
  }
  const pids = views.flatMap((view) => processesOf(view)[0]?.pid ?? []);
  const deaf = pids.filter((pid) => minds(pid, constants.signals.SIGHUP) !== true);
  if (deaf.length > 0)
    return nothing(`${service} does not mind SIGHUP, which would end it: restart it`, 'warn');
  return {
    done: 'reload',
    text: `${service} reads its files again (SIGHUP)`,
    severity: 'info',
    run: () => {
      for (const pid of pids) process.kill(pid, 'SIGHUP');
    },
  };
}

function restart(part: Part, service: string, rolling: boolean): void {
  const body = {
    kind: 'command',
    command: 'restart',
    services: [service],
    actor: 'watch',
  } as const;
  part.link
    .request({ ...body, ...(rolling ? { rolling } : {}) }, { key: randomUUID() })
    .catch(part.onTrouble);
}

function tellMuted(
  part: Part,
  { service }: Watched,
  names: readonly string[],
  why: 'echo' | 'restless',
): void {
  const how = why === 'echo' ? 'again after each restart' : 'all the time';
  part.journal.append({
    kind: 'watch.muted',
    service,
    instance: null,
    severity: 'warn',
    text: `${names.slice(0, 3).join(', ')} of ${service} changes ${how} and does not count any more; add it to "ignore"`,
    data: { files: names, why },
  });
}

function namesOf({ link }: Part, files: readonly string[]): readonly string[] {
  const dir = link.stack()?.dir ?? '/';
  return files.map((path) => {
    const told = relative(dir, path);
    return told.startsWith('..') ? path : told;
  });
}

function documentOf({ service, rule, tree, memory, last }: Watched): WatchedRule {
  return { service, ...rule, ...tree.facts(), muted: [...memory.muted].slice(0, 100), last };
}
