/** Hands the stack to the supervisor and tells what that changes. */
import { renameSync, writeFileSync } from 'node:fs';
import type { StackChange } from '@fettle/core/supervise/effect';
import type { Snapshot } from '@fettle/core/supervise/protocol';
import type { Stack } from '@fettle/core/stack/service';
import { readOwnDaemonFile } from '@fettle/sdk/daemon/paths';
import type { SupervisorClient } from '@fettle/sdk/daemon/supervisor-client';
import { ensureDaemon, isUnreachable, lockHeld } from '../daemon.ts';
import type { Session } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { padTo } from '../terminal/width.ts';

export type Change = Readonly<{ service: string; change: StackChange; why: string }>;

export type Applied = Readonly<{
  client: SupervisorClient;
  /** This call started the daemon. */
  started: boolean;
  /** Pids of services that had outlived their daemon and run on. */
  adopted: readonly number[];
  /** Services that a daemon had before; empty on a first start. */
  changes: readonly Change[];
  /** Pids of what is restarted or removed. */
  replaced: ReadonlySet<number>;
}>;

/** The supervisor tells its subscribers right after taking the stack. */
const noticeMs = 3_000;

export async function applyStack(
  session: Session,
  stack: Stack,
  named: readonly string[],
): Promise<Applied> {
  try {
    return await applyOnce(session, stack, named);
  } catch (cause) {
    // A daemon that was just ending (`fettle down`) has ended now: the next one is ours.
    if (!isUnreachable(cause) || (await lockHeld(session))) throw cause;
    return applyOnce(session, stack, named);
  }
}

async function applyOnce(
  session: Session,
  stack: Stack,
  named: readonly string[],
): Promise<Applied> {
  const told = Promise.withResolvers<readonly Change[]>();
  const seen: { snapshot: Snapshot | null } = { snapshot: null };
  const survived = readOwnDaemonFile(session.paths) !== null;
  const fresh = !survived && !(await lockHeld(session));
  if (fresh) seedStack(session, named.length === 0 ? stack : withNamed(stack, null, named));
  const { client, started } = await ensureDaemon(session, {
    onSnapshot: (snapshot) => (seen.snapshot = snapshot as Snapshot),
    onPush: ({ notice }) => {
      const changes = changesOf(notice);
      if (changes !== null) told.resolve(changes);
    },
  });
  const before = fresh ? null : (seen.snapshot?.stack ?? null);
  const wanted = named.length === 0 ? stack : withNamed(stack, before, named);
  await client.request({ kind: 'apply', stack: wanted, actor: 'cli' }, { timeoutMs: 15_000 });
  const adopted = started && survived ? livePids(seen.snapshot) : [];
  if (before === null) return { client, started, adopted, changes: [], replaced: new Set() };
  const timer = setTimeout(() => told.resolve([]), noticeMs);
  const changes = await told.promise;
  clearTimeout(timer);
  const replaced = replacedPids(seen.snapshot, changes);
  return { client, started, adopted, changes, replaced };
}

/**
 * A new daemon begins with the stack that it finds. After a clean `down` that would be the one from
 * before the last edit: started only to be restarted at once.
 */
export function seedStack(session: Session, stack: Stack): void {
  const { stackFile } = session.paths;
  const temporary = `${stackFile}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(stack)}\n`, { mode: 0o600 });
  renameSync(temporary, stackFile);
}

function livePids(snapshot: Snapshot | null): readonly number[] {
  const own = snapshot?.instances.filter(({ service }) => !service.startsWith('@')) ?? [];
  return own.map(({ pid }) => pid).filter((pid) => pid !== null);
}

function replacedPids(before: Snapshot | null, changes: readonly Change[]): ReadonlySet<number> {
  const ends = new Set(
    changes
      .filter(({ change }) => change === 'restarted' || change === 'removed')
      .map(({ service }) => service),
  );
  const instances = before?.instances.filter(({ service }) => ends.has(service)) ?? [];
  return new Set(instances.map(({ pid }) => pid).filter((pid) => pid !== null));
}

/** Those that were running, and the named ones with all they need. */
export function withNamed(stack: Stack, before: Stack | null, named: readonly string[]): Stack {
  const wanted = new Set<string>(before?.services.map(({ name }) => name) ?? []);
  const add = (name: string): void => {
    if (wanted.has(name) && !named.includes(name)) return;
    wanted.add(name);
    const service = stack.services.find((one) => one.name === name);
    for (const need of service?.dependsOn ?? []) if (!wanted.has(need.service)) add(need.service);
  };
  named.forEach(add);
  return { ...stack, services: stack.services.filter(({ name }) => wanted.has(name)) };
}

const order: readonly StackChange[] = ['added', 'restarted', 'rescaled', 'updated', 'removed'];

/** One line for each service that changes; one for all that do not. */
export function sayChanges(session: Session, changes: readonly Change[]): void {
  const { output } = session;
  const changed = changes
    .filter(({ change }) => change !== 'unchanged')
    .toSorted((a, b) => order.indexOf(a.change) - order.indexOf(b.change));
  const columns = Math.max(0, ...changed.map(({ service }) => service.length));
  for (const { service, change, why } of changed)
    output.say(`  ${padTo(service, columns)}  ${paint(output.talkLook, 'bold', change)}: ${why}`);
  const left = changes.filter(({ change }) => change === 'unchanged').map(({ service }) => service);
  if (changes.length > 0 && changed.length === 0) output.say('  nothing changed');
  else if (left.length > 0) output.say(`  left alone: ${left.join(', ')}`);
}

function changesOf(notice: unknown): readonly Change[] | null {
  if (typeof notice !== 'object' || notice === null || !('kind' in notice)) return null;
  if (notice.kind !== 'stack-changed' || !('changes' in notice)) return null;
  return (notice.changes as readonly Change[]).filter(({ service }) => !service.startsWith('@'));
}
