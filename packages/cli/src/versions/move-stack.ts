/**
 * Gives a running stack another version's daemon: the old supervisor and controller leave, services
 * run on, the new ones adopt them. What is not as well afterwards as before is a failed move.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOwnDaemonFile } from '@fettle/sdk/daemon/paths';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { FettleError } from '@fettle/sdk/fettle-error';
import { lockHeld, spawnDaemon, startFailed, type StartedDaemon } from '../daemon.ts';
import { readUnit, systemctl } from '../install/installed-unit.ts';
import { pauseMs } from '../pause.ts';
import { reachStatus } from '../reach.ts';
import type { Session } from '../session.ts';
import { endOldController, endSupervisor, rootOf } from './end-daemon.ts';
import { judgeMove, type Judgement } from './judge-move.ts';
import type { RunningStack } from './running-stacks.ts';
import type { VersionHome } from './version-home.ts';

export type Move = Readonly<{
  stack: RunningStack;
  /** As it was before. */
  before: StatusDocument;
  /** Of its history, before; null: there is none yet. */
  schema: number | null;
}>;

export type Moved = Judgement & Readonly<{ ok: boolean; tookMs: number }>;

const lookMs = 100;
/** It must stay well for so long: a version that dies after a second is no version. */
const steadyMs = 2_000;
/** A roll-back must not be cut short half-way. */
const never = new AbortController().signal;

/** @throws FettleError when the stack cannot even be looked at. */
export async function planMove(stack: RunningStack): Promise<Move> {
  const before = await reachStatus(stack.session);
  const { database } = stack.session.paths;
  const { readStoreVersion } = await import('@fettle/controller/store-admin');
  const schema = existsSync(database) ? readStoreVersion(database).version : null;
  return { stack, before, schema };
}

/** To the program in `root`; `current` points to it already. */
export async function moveStack(
  move: Move,
  root: string,
  how: Readonly<{ home: VersionHome; limitMs: number; back: string | null }>,
): Promise<Moved> {
  const { session } = move.stack;
  const startMs = performance.now();
  let started: StartedDaemon | null = null;
  try {
    started = await swap(move, root, how);
  } catch (cause) {
    if (!(cause instanceof FettleError)) throw cause;
    const problems = [cause.message];
    return { ok: false, problems, restarted: [], tookMs: performance.now() - startMs };
  }
  const judgement = await untilSteady(move, { root, limitMs: how.limitMs, startMs, started });
  const ok = judgement.problems.length === 0;
  const end = started?.ended() ?? null;
  if (!ok && end !== null && !(await lockHeld(session)))
    judgement.problems.push(startFailed(session, end).message);
  return { ...judgement, ok, tookMs: performance.now() - startMs };
}

/** `back`: of the version that is left, which knows the way back of its history's shape. */
async function swap(
  { stack: { session }, schema }: Move,
  root: string,
  { home, back }: Readonly<{ home: VersionHome; back: string | null }>,
): Promise<StartedDaemon | null> {
  const unit = readUnit(session.paths);
  const byUnit =
    unit?.manager === 'systemd' &&
    readFileSync(unit.file, 'utf8').includes(join(home.dir, 'current', 'fettle')) &&
    systemctl(session, unit.scope, ['is-active', unit.unit]).ok;
  if (unit !== null && byUnit) {
    if (back !== null && schema !== null) shapeBack(session, back, schema);
    const told = systemctl(session, unit.scope, ['restart', unit.unit]);
    if (!told.ok) session.output.say(`systemctl restart ${unit.unit}: ${told.text}`);
    return null;
  }
  await endSupervisor(session);
  await endOldController(session, root);
  if (back !== null && schema !== null) shapeBack(session, back, schema);
  return spawnDaemon(session, root);
}

/** The older version refuses a history whose shape it does not know. */
function shapeBack(session: Session, root: string, schema: number): void {
  const words = ['-C', session.paths.stackDir, 'store', 'migrate', '--to', String(schema)];
  const told = spawnSync(join(root, 'fettle'), words, { encoding: 'utf8', timeout: 60_000 });
  if (told.status !== 0) session.output.say(`the history keeps its shape: ${told.stderr.trim()}`);
}

type Watch = Readonly<{
  root: string;
  limitMs: number;
  startMs: number;
  started: StartedDaemon | null;
}>;
type Open = { problems: string[]; restarted: readonly string[] };

async function untilSteady(move: Move, watch: Watch): Promise<Open> {
  const { session } = move.stack;
  let wellSinceMs: number | null = null;
  let controller: number | null = null;
  for (;;) {
    const after = await session.client.status().catch(() => null);
    const daemon = readOwnDaemonFile(session.paths);
    const pid = after?.daemon.controllerPid ?? null;
    const roots = {
      supervisor: daemon === null ? null : rootOf(daemon.supervisorPid),
      controller: pid === null ? null : rootOf(pid),
    };
    const found = judgeMove(move.before, after, { wanted: watch.root, roots });
    const nowMs = performance.now();
    if (found.problems.length > 0 || pid !== controller) wellSinceMs = null;
    else wellSinceMs ??= nowMs;
    controller = pid;
    const open = { problems: [...found.problems], restarted: found.restarted };
    if (wellSinceMs !== null && nowMs - wellSinceMs >= steadyMs) return open;
    const late = nowMs - watch.startMs > watch.limitMs;
    const dead = (watch.started?.ended() ?? null) !== null && !(await lockHeld(session));
    if (dead) return { ...open, problems: ['its supervisor ends at once', ...open.problems] };
    if (late && wellSinceMs === null)
      return open.problems.length > 0
        ? open
        : { ...open, problems: ['its controller does not stay up'] };
    await pauseMs(lookMs, never);
  }
}
