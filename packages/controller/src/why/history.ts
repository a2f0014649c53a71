/** What the journal tells about the past of an instance: its ends, changes around it, cures. */
import type { WhyInput } from '@fettle/core/loop/diagnose/why-input';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { Journal } from '../parts.ts';

const changesWithinMs = 900_000;
const endsWithinMs = 3_600_000;
const maxEvents = 200;
const maxExits = 20;
const maxChanges = 20;

export type History = Readonly<{
  exits: WhyInput['exits'];
  recentChanges: WhyInput['recentChanges'];
  hangVerdict: string | null;
  continuedAtMs: number | null;
  /** Pid of the last ended run. */
  lastPid: number | null;
}>;

export function readHistory(
  journal: Pick<Journal, 'read'>,
  service: Service,
  view: InstanceView,
  nowMs: number,
): History {
  const events = journal
    .read({ service: service.name, sinceMs: nowMs - endsWithinMs, limit: maxEvents })
    .filter(({ instance }) => instance === null || instance === view.instance);
  const killed = events.findLast(({ kind }) => kind === 'healing.killed');
  // Of this run: the one before took its past along.
  const continued = events.findLast(
    ({ kind, at }) =>
      /^(?:service|healing)\.continued$/.test(kind) && Date.parse(at) >= (view.startedAtMs ?? 0),
  );
  const lastStart = events.findLast(
    ({ kind, data }) => kind === 'service.started' && data['token'] === view.lastToken,
  );
  return {
    exits: exitsOf(events, view),
    recentChanges: changesAround(journal, service, events, nowMs),
    hangVerdict: killed === undefined ? null : textOf(killed.data['verdict']),
    continuedAtMs: continued === undefined ? null : Date.parse(continued.at),
    lastPid: numberOf(lastStart?.data['pid']),
  };
}

function exitsOf(events: readonly StackEvent[], view: InstanceView): WhyInput['exits'] {
  const started = new Map<unknown, number>();
  for (const { kind, data, at } of events)
    if (kind === 'service.started') started.set(data['token'], Date.parse(at));
  const exits = events
    .filter(({ kind }) => kind === 'service.ended')
    .map(({ at, data }) => {
      const atMs = Date.parse(at);
      const startedMs = started.get(data['token']);
      const measured = startedMs === undefined ? null : Math.max(0, atMs - startedMs);
      const code = numberOf(data['code']);
      const posixSignal = textOf(data['signal']);
      return { atMs, code, posixSignal, ranMs: numberOf(data['ranMs']) ?? measured };
    });
  const last = view.lastExit;
  if (last !== null && !exits.some(({ atMs }) => atMs === last.atMs)) {
    const { atMs, code, posixSignal } = last;
    const startedMs = started.get(view.lastToken);
    exits.push({
      atMs,
      code,
      posixSignal,
      ranMs: startedMs === undefined ? null : atMs - startedMs,
    });
  }
  return exits.slice(-maxExits);
}

/** Changes to the service itself, and to or of what it depends on. */
function changesAround(
  journal: Pick<Journal, 'read'>,
  service: Service,
  own: readonly StackEvent[],
  nowMs: number,
): WhyInput['recentChanges'] {
  const sinceMs = nowMs - changesWithinMs;
  const others = service.dependsOn.flatMap((dependency) =>
    journal.read({ service: dependency.service, sinceMs, limit: 50 }).filter(isChangeElsewhere),
  );
  return [...own.filter(isChange), ...others]
    .map(({ at, text }) => ({ atMs: Date.parse(at), text }))
    .filter(({ atMs }) => atMs >= sinceMs)
    .toSorted((a, b) => a.atMs - b.atMs)
    .slice(-maxChanges);
}

/** A first start is no change, and what we did to cure is no suspect. */
function isChange({ kind, data }: StackEvent): boolean {
  if (kind === 'port.moved') return true;
  if (kind === 'stack.changed') return data['change'] !== 'added' && data['change'] !== 'removed';
  return kind === 'command.taken' && data['command'] === 'restart';
}

/** A stop, an `up` or a `down` that somebody asked for is told as what it is, not as a suspect. */
function isChangeElsewhere(event: StackEvent): boolean {
  if (event.kind === 'service.ended') return event.severity === 'error';
  return isChange(event);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
