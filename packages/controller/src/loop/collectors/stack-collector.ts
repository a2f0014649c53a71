/**
 * What should run, what does, and who changed it: from the supervisor's notices.
 *
 * An operator's command is an intent that the loop must respect; Fettle's own commands are not, and
 * stand in the ledger as the runbook's.
 */
import type { Change, ChangeKind } from '@fettle/core/loop/collect/change';
import type { Observation } from '@fettle/core/loop/collect/observation';
import type { Notice, StackChange } from '@fettle/core/supervise/effect';
import type { SupervisorLink } from '../../parts.ts';
import type { Collector } from './collector.ts';

/** Actor of the loop's own commands. */
export const ownActor = 'fettle';

export const stackCollector: Collector = {
  name: 'stack',
  start({ link, emit, nowMs }) {
    const whole = (): void => emit(wholeOf(link));
    const disposers = [
      link.onSnapshot(whole),
      link.onNotice((notice) => emit(observationsOf(notice, link, nowMs()))),
    ];
    whole();
    return () => {
      for (const dispose of disposers) dispose();
    };
  },
};

function wholeOf(link: SupervisorLink): readonly Observation[] {
  const stack = link.stack();
  if (stack === null) return [];
  return [
    { kind: 'stack', stack },
    ...link.instances().map((view): Observation => ({ kind: 'instance', view })),
  ];
}

function observationsOf(
  notice: Notice,
  link: SupervisorLink,
  atMs: number,
): readonly Observation[] {
  switch (notice.kind) {
    case 'instance-changed':
      return [{ kind: 'instance', view: notice.view }];
    case 'instance-removed':
      return [{ kind: 'instance-gone', instance: notice.instance }];
    case 'stack-changed':
      return [...wholeOf(link), ...notice.changes.flatMap((change) => stackChange(change, atMs))];
    case 'port-moved': {
      const { service, from, to, why } = notice;
      const text = `port moved from ${from} to ${to}: ${why}`;
      return [changed({ atMs, kind: 'port', service, actor: ownActor, text, path: null })];
    }
    case 'command-taken':
      return commandTaken(notice, link, atMs);
    case 'continued':
    case 'rolled':
    case 'hook-failed':
    case 'template-written':
    case 'schedule':
      return [];
    default:
      return notice satisfies never;
  }
}

const kinds: Readonly<Record<StackChange, ChangeKind | null>> = {
  added: 'deploy',
  removed: 'deploy',
  restarted: 'config',
  updated: 'config',
  rescaled: 'scale',
  unchanged: null,
};

type OneChange = Extract<Notice, { kind: 'stack-changed' }>['changes'][number];

function stackChange({ service, change, why }: OneChange, atMs: number): readonly Observation[] {
  const kind = kinds[change];
  if (kind === null) return [];
  const text = `${change} by a new config${why === '' ? '' : `: ${why}`}`;
  return [changed({ atMs, kind, service, actor: 'operator', text, path: null })];
}

type Command = Extract<Notice, { kind: 'command-taken' }>;

/** No service named: the whole stack is meant. */
function commandTaken(
  { command, services, actor }: Command,
  link: SupervisorLink,
  atMs: number,
): readonly Observation[] {
  if (command === 'detach') return [];
  const all = link.stack()?.services.map(({ name }) => name) ?? [];
  const meant = services.length === 0 ? all : services;
  const own = actor === ownActor;
  const want = wantOf(command);
  return meant.flatMap((service): Observation[] => {
    const kind = own ? 'runbook' : command === 'scale' ? 'scale' : 'command';
    const text = `${command} by ${actor}`;
    const row = changed({ atMs, kind, service, actor: own ? actor : 'operator', text, path: null });
    return own || want === null ? [row] : [row, { kind: 'intended', atMs, service, want }];
  });
}

function wantOf(command: string): 'up' | 'down' | 'restart' | null {
  if (command === 'start' || command === 'reset') return 'up';
  if (command === 'stop' || command === 'down') return 'down';
  return command === 'restart' ? 'restart' : null;
}

function changed(change: Change): Observation {
  return { kind: 'changed', change };
}
