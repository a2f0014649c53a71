/**
 * `fettle upgrade`: another version of Fettle under the stacks that run, with a way back.
 *
 * The new version is copied beside the old one, tried, and made the current one; then each stack
 * gets its daemon and is watched. What is not as well as before brings the old one back, for all.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { durationFlag } from '../flag-values.ts';
import { ownRoot } from '../own-program.ts';
import type { Session } from '../session.ts';
import { plural } from '../terminal/amount.ts';
import { renderTable } from '../terminal/table.ts';
import { copyProgram, requireProgram } from '../versions/copy-program.ts';
import { moveStack, planMove, type Move, type Moved } from '../versions/move-stack.ts';
import { runningStacks } from '../versions/running-stacks.ts';
import * as home from '../versions/version-home.ts';

const defaultLimitMs = 45_000;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[folder]', 'a built Fettle; where the current one came from unless given')
      .option('--pull', 'git pull and npm run setup in that folder first')
      .option('--rollback', 'back to the previous version')
      .option('--list', 'the versions that are kept here')
      .option('--timeout <duration>', 'how long a stack may take to be well; 45s unless told');
  },
  async run(session, input) {
    const place = home.versionHome(session.env);
    if (input.options['list'] === true) return list(session, place);
    const limitMs = durationFlag(input.options['timeout'], '--timeout') ?? defaultLimitMs;
    const target = targetOf(session, place, input);
    prove(target.dir);
    const moves = await planMoves(session, place, target.dir);
    const outcome = await upgrade({ session, place, limitMs, moves }, target);
    await emit(session, documentOf(target, outcome), () => '');
    if (outcome.failed === null) prune(session, place, moves);
    return outcome.failed === null ? exitCodes.ok : exitCodes.notAsAsked;
  },
};

type Target = Readonly<{ id: string; dir: string; version: string }>;
type Work = Readonly<{
  session: Session;
  place: home.VersionHome;
  limitMs: number;
  moves: readonly Move[];
}>;
type Outcome = Readonly<{
  moved: readonly Readonly<{ move: Move; result: Moved }>[];
  /** The stack that was not well, and why. */
  failed: Readonly<{ dir: string; problems: readonly string[] }> | null;
  rolledBack: boolean;
}>;

function targetOf(session: Session, place: home.VersionHome, input: CommandInput): Target {
  if (input.options['rollback'] === true) {
    const id = home.pointedTo(place, 'previous');
    const dir = id === null ? null : home.versionDir(place, id);
    const record = dir === null ? null : home.readRecord(dir);
    if (record === null || dir === null)
      throw new FettleError('E-UPGRADE-NONE', `${place.dir} keeps no previous version`, {
        hint: 'fettle upgrade --list      shows what is there',
        exitCode: 2,
      });
    return { id: record.id, dir, version: record.version };
  }
  const own = home.readRecord(ownRoot);
  const source = input.args[0] === undefined ? (own?.from ?? ownRoot) : resolve(input.args[0]);
  if (input.options['pull'] === true) pull(source);
  requireProgram(source);
  const { record, dir, isNew } = copyProgram(place, source, session.nowMs());
  if (isNew) session.output.say(`copied ${record.id} to ${dir}`);
  return { id: record.id, dir, version: record.version };
}

function pull(source: string): void {
  for (const [program, ...words] of [
    ['git', 'pull', '--ff-only'],
    [process.execPath, 'tools/setup.mjs'],
  ] as const) {
    const { status } = spawnSync(program, words, { cwd: source, stdio: ['ignore', 2, 2] });
    if (status === 0) continue;
    throw new FettleError('E-UPGRADE-SOURCE', `${program} ${words.join(' ')} failed in ${source}`, {
      hint: 'read the lines above; nothing was changed',
    });
  }
}

/** Does it start at all? Before anything points to it. */
function prove(dir: string): void {
  const tried = spawnSync(join(dir, 'fettle'), ['version', '--json'], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (tried.status === 0) return;
  throw new FettleError('E-UPGRADE-BROKEN', `the version in ${dir} does not start`, {
    hint: `${(tried.stderr ?? '').trim().split('\n')[0] ?? ''}; nothing was changed`,
    status: 500,
  });
}

async function planMoves(
  session: Session,
  place: home.VersionHome,
  target: string,
): Promise<readonly Move[]> {
  const stacks = await runningStacks(session, place);
  return Promise.all(stacks.filter(({ root }) => root !== target).map(planMove));
}

async function upgrade(work: Work, target: Target): Promise<Outcome> {
  const { session, place, limitMs, moves } = work;
  const { output } = session;
  const before = {
    current: home.pointedTo(place, 'current'),
    previous: home.pointedTo(place, 'previous'),
  };
  if (before.current !== null && before.current !== target.id)
    home.pointTo(place, 'previous', before.current);
  home.pointTo(place, 'current', target.id);
  const moved: { move: Move; result: Moved }[] = [];
  for (const move of moves) {
    output.say(`${move.before.stack}: a daemon of ${target.id} takes over …`);
    const result = await moveStack(move, target.dir, { home: place, limitMs, back: null });
    moved.push({ move, result });
    sayMoved(session, move, result);
    if (result.ok) continue;
    for (const [pointer, id] of Object.entries(before))
      if (id !== null) home.pointTo(place, pointer as home.Pointer, id);
    const rolledBack = await rollBack(work, target, moved);
    const dir = move.stack.session.paths.stackDir;
    return { moved, failed: { dir, problems: result.problems }, rolledBack };
  }
  const count = plural(moves.length, 'running stack');
  output.say(`Fettle ${target.id} is the current version (${count})`);
  return { moved, failed: null, rolledBack: false };
}

/** The last first. @returns whether every stack is as it was. */
async function rollBack(
  { session, place, limitMs }: Work,
  target: Target,
  moved: readonly Readonly<{ move: Move }>[],
): Promise<boolean> {
  let all = true;
  for (const { move } of moved.toReversed()) {
    const { root } = move.stack;
    session.output.say(`${move.before.stack}: back to ${root} …`);
    // Patience with the new version was short by wish; the old one is all there is.
    const patientMs = Math.max(limitMs, defaultLimitMs);
    const how = { home: place, limitMs: patientMs, back: target.dir };
    const result = await moveStack(move, root, how);
    sayMoved(session, move, result);
    all &&= result.ok;
  }
  session.output.say(
    all
      ? `${target.id} was taken back; everything is as it was before`
      : 'the old version is not well either: fettle status says more; services run on',
  );
  return all;
}

function sayMoved({ output }: Session, { before }: Move, result: Moved): void {
  const took = `${(result.tookMs / 1_000).toFixed(1)} s`;
  if (!result.ok) output.complain(`${before.stack}: not well (${result.problems.join('; ')})\n`);
  else if (result.restarted.length === 0)
    output.say(`${before.stack}: well after ${took}, no service was restarted`);
  else output.say(`${before.stack}: well after ${took}; restarted: ${result.restarted.join(', ')}`);
}

/** Two versions stay, and what a daemon runs from. */
function prune(session: Session, place: home.VersionHome, moves: readonly Move[]): void {
  const keep = new Set([
    home.pointedTo(place, 'current'),
    home.pointedTo(place, 'previous'),
    ...moves.map(({ stack }) => home.readRecord(stack.root)?.id),
    home.readRecord(ownRoot)?.id,
  ]);
  for (const { id } of home.listCopies(place)) {
    if (keep.has(id)) continue;
    rmSync(home.versionDir(place, id), { recursive: true, force: true });
    session.output.detail(`removed ${id}`);
  }
}

async function list(session: Session, place: home.VersionHome): Promise<number> {
  const current = home.pointedTo(place, 'current');
  const previous = home.pointedTo(place, 'previous');
  const versions = home.listCopies(place).map(({ id, version, from, at }) => ({
    id,
    version,
    from,
    at,
    is: id === current ? 'current' : id === previous ? 'previous' : null,
  }));
  const document = { schema: 'fettle.versions/v1', home: place.dir, versions };
  await emit(session, document, (look) =>
    renderTable(
      [
        { title: 'VERSION' },
        { title: 'IS' },
        { title: 'SINCE' },
        { title: 'FROM', minColumns: 16 },
      ],
      versions.map(({ id, is, at, from }) => [id, is ?? '', at, from]),
      look,
    ),
  );
  if (versions.length === 0) session.output.say(`no copy of Fettle is kept in ${place.dir}`);
  return exitCodes.ok;
}

function documentOf(target: Target, { moved, failed, rolledBack }: Outcome): unknown {
  return {
    schema: 'fettle.upgrade/v1',
    version: target.version,
    id: target.id,
    ok: failed === null,
    rolledBack,
    failed,
    stacks: moved.map(({ move, result }) => ({
      stack: move.before.stack,
      dir: move.stack.session.paths.stackDir,
      from: move.stack.root,
      ok: result.ok,
      problems: result.problems,
      restarted: result.restarted,
      seconds: Number((result.tookMs / 1_000).toFixed(3)),
    })),
  };
}
