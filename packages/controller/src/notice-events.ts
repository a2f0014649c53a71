/**
 * Turns the supervisor's notices and snapshots into one-sentence events.
 *
 * A run is told once however often we hear of it: the key names the run's token, and the journal
 * leaves out keys that it has. So a replay after our own restart doubles nothing, and what ended
 * while we were away is told from the snapshot.
 */
import { exitText, startReasonText } from '@fettle/core/supervise/exit-text';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { HookPolicy } from '@fettle/core/stack/hook';
import type { PortOwner } from '@fettle/core/stack/port';
import { basename } from 'node:path';
import { formatDuration } from '@fettle/sdk/duration';
import type { KeyedEvent } from './journal.ts';

type Severity = KeyedEvent['severity'];

/** `before`: the view we had; null when we had none. */
export function eventsOfNotice(
  notice: Notice,
  before: InstanceView | null,
  atMs: number,
): readonly KeyedEvent[] {
  switch (notice.kind) {
    case 'instance-changed':
      return eventsOfView(notice.view, before, atMs);
    case 'instance-removed':
      return [plain(atMs, 'service.removed', `${notice.instance} was removed`, before)];
    case 'port-moved':
      return [portMoved(notice, atMs)];
    case 'stack-changed':
      return notice.changes
        .filter(({ change }) => change !== 'unchanged')
        .map(({ service, change, why }) => ({
          ...base(atMs, 'stack.changed', `${service} ${change}: ${why}`),
          service,
          data: { change, why },
        }));
    case 'command-taken':
      return commandTaken(notice, atMs);
    case 'schedule':
      return [
        {
          ...base(atMs, `schedule.${notice.what}`, `${notice.service}: ${notice.text}`),
          service: notice.service,
          severity: notice.what === 'held' || notice.what === 'clock-back' ? 'info' : 'warn',
          data: { dueAt: new Date(notice.dueMs).toISOString() },
        },
      ];
    case 'rolled':
      return [rolled(notice, atMs)];
    case 'continued':
      return [
        {
          ...plain(
            atMs,
            'service.continued',
            `${notice.instance} was stopped (state T) and continued`,
            before,
          ),
          severity: 'warn',
          data: { token: notice.token },
        },
      ];
    case 'template-written':
      return [templateWritten(notice, before, atMs)];
    case 'hook-failed':
      return [hookFailed(notice, before, atMs)];
    default:
      return notice satisfies never;
  }
}

function templateWritten(
  { to, diff, kept }: Extract<Notice, { kind: 'template-written' }>,
  before: InstanceView | null,
  atMs: number,
): KeyedEvent {
  const what = `${basename(to)} was rendered anew: -${diff.removed} +${diff.added} lines`;
  const edit =
    kept === null ? '' : `; it had been edited by hand, which is kept as ${basename(kept)}`;
  return {
    ...plain(atMs, 'template.written', `${what}${edit}`, before),
    severity: kept === null ? 'info' : 'warn',
    data: { to, diff: diff.lines, kept },
  };
}

function hookFailed(
  { stage, message, policy }: Extract<Notice, { kind: 'hook-failed' }>,
  before: InstanceView | null,
  atMs: number,
): KeyedEvent {
  const name = before === null ? 'a service' : label(before);
  return {
    ...plain(atMs, 'service.hook-failed', `${name}: ${message}; ${hookOutcomes[policy]}`, before),
    severity: policy === 'ignore' ? 'warn' : 'error',
    data: { stage, policy },
  };
}

const hookOutcomes: Readonly<Record<HookPolicy, string>> = {
  fail: 'it stays down until somebody starts it',
  retry: 'it is tried again',
  ignore: 'it goes on all the same',
};

/** What a view tells by itself: its runs' starts and ends, each once. */
export function eventsOfView(
  view: InstanceView,
  before: InstanceView | null,
  atMs: number,
): readonly KeyedEvent[] {
  const events: KeyedEvent[] = [];
  if (view.lastExit !== null && view.lastToken !== null && view.lastToken !== before?.lastToken)
    events.push(ended(view, before));
  if (view.spawnError !== null && view.spawnError.message !== before?.spawnError?.message)
    events.push({
      ...plain(
        atMs,
        'service.spawn-failed',
        `${label(view)} cannot be started: ${view.spawnError.message}`,
        view,
      ),
      severity: 'error',
      key: `spawn:${view.instance}:${view.sinceMs}`,
      data: { code: view.spawnError.code },
    });
  if (view.token !== null && view.pid !== null && view.startedAtMs !== null)
    if (before?.token !== view.token || before.pid === null)
      events.push(started(view, before === null ? null : atMs));
  // Ready at once, as a service without checks is, goes without saying.
  const runsOn = before !== null && before.token === view.token && before.pid !== null;
  if (runsOn && view.ready && !before.ready) events.push(ready(view, atMs));
  return events;
}

/** `seenAtMs`: null when it may have run for long already. */
function started(view: InstanceView, seenAtMs: number | null): KeyedEvent {
  const { startedAtMs } = view;
  const isTimed = view.ready && seenAtMs !== null && startedAtMs !== null;
  const reason = view.startReason === null ? '' : `: ${startReasonText(view.startReason)}`;
  const port = view.port === null ? '' : `, port ${view.port.port}`;
  const taken = view.port?.fallbackFrom ?? null;
  const moved = taken === null ? '' : `; ${taken.port} is taken by ${ownerText(taken.owner)}`;
  return {
    ...plain(
      view.startedAtMs ?? view.sinceMs,
      'service.started',
      `${label(view)} started (pid ${view.pid}${port})${reason}${moved}`,
      view,
    ),
    key: `started:${view.token}`,
    data: {
      token: view.token,
      pid: view.pid,
      port: view.port?.port ?? null,
      reason: view.startReason,
      ready: view.ready,
      ...(isTimed ? { tookMs: Math.max(0, seenAtMs - startedAtMs) } : {}),
    },
  };
}

function ended(view: InstanceView, before: InstanceView | null): KeyedEvent {
  const exit = view.lastExit;
  const token = view.lastToken;
  const text = exit === null ? 'unknown' : exitText(exit);
  const startedAtMs = before !== null && before.token === token ? before.startedAtMs : null;
  const ranMs = exit === null || startedAtMs === null ? null : exit.atMs - startedAtMs;
  const after = ranMs === null ? '' : ` after ${formatDuration(ranMs)}`;
  const clean = exit?.endedBy !== null || exit?.code === 0;
  return {
    ...plain(
      exit?.atMs ?? view.sinceMs,
      'service.ended',
      `${label(view)} ended: ${text}${after}`,
      view,
    ),
    severity: clean ? 'info' : 'error',
    key: `ended:${token}`,
    data: {
      token,
      code: exit?.code ?? null,
      signal: exit?.posixSignal ?? null,
      endedBy: exit?.endedBy ?? null,
      ranMs,
    },
  };
}

function ready(view: InstanceView, atMs: number): KeyedEvent {
  const tookMs = view.startedAtMs === null ? null : Math.max(0, atMs - view.startedAtMs);
  const took = tookMs === null ? '' : ` after ${formatDuration(tookMs)}`;
  return {
    ...plain(atMs, 'service.ready', `${label(view)} is ready${took}`, view),
    data: { token: view.token, tookMs },
  };
}

function portMoved(notice: Extract<Notice, { kind: 'port-moved' }>, atMs: number): KeyedEvent {
  const told = notice.dependants.length === 0 ? '' : `; told ${notice.dependants.join(', ')}`;
  const text = `${notice.service} moved from port ${notice.from} to ${notice.to}: ${notice.why}${told}`;
  return {
    ...base(atMs, 'port.moved', text),
    service: notice.service,
    instance: notice.instance,
    severity: 'warn',
    data: { from: notice.from, to: notice.to, dependants: notice.dependants },
  };
}

function rolled(notice: Extract<Notice, { kind: 'rolled' }>, atMs: number): KeyedEvent {
  const { service, phase, done, of, why, reason, actor } = notice;
  const count = `${done} of ${of} replicas replaced`;
  const text = phase === 'done' ? count : `stopped after ${done} of ${of}: ${why ?? 'no reason'}`;
  return {
    ...base(atMs, `rolling.${phase}`, `rolling restart of ${service}: ${text}`),
    service,
    severity: phase === 'done' ? 'info' : 'error',
    data: { done, of, why, reason, actor },
  };
}

function commandTaken(
  notice: Extract<Notice, { kind: 'command-taken' }>,
  atMs: number,
): readonly KeyedEvent[] {
  const { command, actor } = notice;
  const names: readonly (string | null)[] = notice.services.length === 0 ? [null] : notice.services;
  return names.map((service) => ({
    ...base(
      atMs,
      'command.taken',
      command === 'detach'
        ? 'the terminal of an attached fettle up was closed; the stack runs on'
        : `${actor} asked to ${command} ${service ?? 'the stack'}`,
    ),
    service,
    data: { command, actor },
  }));
}

function base(atMs: number, kind: string, text: string): KeyedEvent {
  const severity: Severity = 'info';
  const at = new Date(atMs).toISOString();
  return { at, kind, text, severity, service: null, instance: null, data: {}, key: null };
}

function plain(atMs: number, kind: string, text: string, view: InstanceView | null): KeyedEvent {
  return {
    ...base(atMs, kind, text),
    service: view?.service ?? null,
    instance: view?.instance ?? null,
  };
}

/** The service's name, or the instance's when it has a number beyond the first. */
function label(view: InstanceView): string {
  return view.replica === 1 ? view.service : view.instance;
}

/** `pid 4121 (node server.js, not ours)`. */
export function ownerText(owner: PortOwner): string {
  if (owner.kind === 'ours' && owner.instance !== null) return owner.instance;
  const pid = owner.pid === null ? 'another process' : `pid ${owner.pid}`;
  const kind = owner.kind === 'orphan' ? 'left over from an earlier run' : 'not ours';
  return owner.command === null ? `${pid} (${kind})` : `${pid} (${owner.command}, ${kind})`;
}
