/** Gathers what "why" may look at, about the worst instance of a service. */
import { stat } from 'node:fs/promises';
import type { Why, WhyInput } from '@fettle/core/loop/diagnose/why-input';
import type { Service, Stack } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { State } from '@fettle/sdk/api/status';
import type { FiguresPart, HealthPart, Journal, LogsPart, SupervisorLink } from '../parts.ts';
import { instanceState, serviceState } from '../state-word.ts';
import { readHistory } from './history.ts';
import { oomKillLine } from './oom-line.ts';
import { portOwners } from './port-owners.ts';

export type WhyDeps = Readonly<{
  link: SupervisorLink;
  health: Pick<HealthPart, 'checks' | 'failing' | 'flapping' | 'healing'>;
  logs: Pick<LogsPart, 'tail'>;
  journal: Pick<Journal, 'read' | 'onEvent'>;
  figures?: Pick<FiguresPart, 'latest'>;
  /** Wall clock; epoch ms. */
  nowMs?: () => number;
}>;

const maxLines = 200;
/** Names that every service is given. */
const givenNames = [
  'PATH',
  'HOME',
  'FETTLE_URL',
  'FETTLE_SERVICE',
  'FETTLE_INSTANCE',
  'FETTLE_RUN',
];

/** Worst first: the state whose reason a person wants to hear. */
const worstFirst: readonly State[] = [
  'crash-loop',
  'failing',
  'healing',
  'unknown',
  'degraded',
  'starting',
  'stopped',
  'ok',
  'done',
];

export function worstInstance(deps: WhyDeps, service: string): InstanceView | null {
  const views = deps.link.instances().filter((view) => view.service === service);
  const rank = (view: InstanceView): number => worstFirst.indexOf(stateOf(deps, view));
  return views.toSorted((a, b) => rank(a) - rank(b))[0] ?? null;
}

export function stateOf(deps: WhyDeps, view: InstanceView): State {
  const nowMs = clock(deps);
  const checks = deps.health.checks(view.instance);
  return instanceState({ view, checks, healing: deps.health.healing(view.instance), nowMs });
}

/** Nothing is wrong and nothing happened lately: no need to look further. */
export function isPlain(deps: WhyDeps, service: Service, notableUntilMs = 0): boolean {
  const nowMs = clock(deps);
  if (nowMs < notableUntilMs) return false;
  const quiet = deps.link
    .instances()
    .filter((view) => view.service === service.name)
    .every((view) => {
      if (view.state === 'done') return true;
      if (view.state !== 'running' || !view.ready || view.missingOptional.length > 0) return false;
      if (view.port !== null && view.port.fallbackFrom !== null) return false;
      if (view.lastExit !== null && nowMs - view.lastExit.atMs < 900_000) return false;
      return deps.health.failing(view.instance).length === 0;
    });
  const needs = service.dependsOn.every(({ service: name }) => {
    const state = dependencyState(deps, name);
    return state === 'ok' || state === 'done' || state === 'starting';
  });
  return quiet && needs && !deps.health.flapping(service.name);
}

export type Gathered = Readonly<{
  deps: WhyDeps;
  stack: Stack;
  service: Service;
  view: InstanceView;
  why: (service: string) => Why | null;
}>;

export async function gather(about: Gathered): Promise<WhyInput> {
  const { deps, stack, service, view } = about;
  const nowMs = clock(deps);
  const history = readHistory(deps.journal, service, view, nowMs);
  const [liveLines, lastRunLines, configModifiedAtMs] = await Promise.all([
    linesOf(deps, view.instance, view.token),
    linesOf(deps, view.instance, view.lastToken),
    newerConfigMs(stack),
  ]);
  const killed = view.lastExit?.code === 137 && view.lastExit.endedBy === null;
  const oom = killed && history.lastPid !== null ? await oomKillLine(history.lastPid) : null;
  const lines = [...lastRunLines.slice(-60), ...liveLines.slice(-60)];
  const failingChecks = deps.health.failing(view.instance);
  const troubled = failingChecks.length > 0 || view.lastExit !== null;
  const asksForPort = troubled || view.state !== 'running';
  return {
    service: service.name,
    view,
    command: service.command,
    environmentNames: namesGiven(service, view),
    liveLines,
    lastRunLines,
    failingChecks,
    flapping: deps.health.flapping(service.name),
    portOwners: asksForPort ? portOwners({ view, service, lines, link: deps.link }) : [],
    dependencies: service.dependsOn.map((dependency) => ({
      service: dependency.service,
      state: dependencyState(deps, dependency.service),
      required: dependency.required,
      address: addressOf(deps, stack, dependency.service),
      why: about.why(dependency.service)?.sentence ?? null,
    })),
    recentChanges: history.recentChanges,
    configModifiedAtMs,
    oomKillLine: oom,
    exits: history.exits,
    cpuRatio: deps.figures?.latest(view.instance)?.cpuRatio ?? null,
    hangVerdict: history.hangVerdict,
    continuedAtMs: history.continuedAtMs,
    nowMs,
  };
}

async function linesOf(
  deps: WhyDeps,
  instance: string,
  token: string | null,
): Promise<readonly string[]> {
  if (token === null) return [];
  try {
    return await deps.logs.tail(instance, token, maxLines);
  } catch {
    // A spool that cannot be read leaves the exit itself to speak.
    return [];
  }
}

function dependencyState(deps: WhyDeps, service: string): State {
  const views = deps.link.instances().filter((view) => view.service === service);
  return serviceState(views.map((view) => stateOf(deps, view)));
}

function addressOf(deps: WhyDeps, stack: Stack, name: string): string | null {
  const allocated = deps.link.instances().find((view) => view.service === name)?.port;
  if (allocated !== undefined && allocated !== null) return `${allocated.host}:${allocated.port}`;
  const service = stack.services.find((one) => one.name === name);
  if (service?.externalUrl !== null && service?.externalUrl !== undefined) {
    const url = URL.canParse(service.externalUrl) ? new URL(service.externalUrl) : null;
    return url === null ? null : url.host;
  }
  const first = service?.port?.preferred[0];
  return first === undefined ? null : `${service?.port?.host ?? '127.0.0.1'}:${first.from}`;
}

function namesGiven(service: Service, view: InstanceView): readonly string[] {
  const port = view.port === null ? [] : ['PORT', 'HOST'];
  const addresses = service.dependsOn.flatMap(({ service: name }) => {
    const upper = name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
    return [`${upper}_URL`, `${upper}_HOST`, `${upper}_PORT`];
  });
  return [...givenNames, ...port, ...addresses, ...Object.keys(service.environment)];
}

/** When the files were changed after they were applied; 0: they were not. */
async function newerConfigMs(stack: Stack): Promise<number> {
  const times = await Promise.all(
    stack.files.slice(0, 10).map(async (file) => {
      try {
        return (await stat(file)).mtimeMs;
      } catch {
        return 0;
      }
    }),
  );
  const newest = Math.max(0, ...times);
  return newest > stack.configModifiedAtMs + 10 ? newest : 0;
}

export function clock(deps: WhyDeps): number {
  return deps.nowMs === undefined ? Date.now() : deps.nowMs();
}
