/**
 * Holds a year against what docs/schedules.md says, moment by moment: each is run, skipped
 * because a run was not over, or missed because nobody was there; nothing else runs, and nothing
 * runs twice.
 */
import type { Schedule } from '@fettle/core/stack/schedule';
import { jitterOf, maxMadeUp, onTimeMs } from '@fettle/core/supervise/due-runs';
import { calendarOf } from './calendar.ts';
import { yearServices } from './year-stack.ts';
import type { Gap, SeenRun, Year } from './year-world.ts';

export type Verdict = Readonly<{
  service: string;
  rule: string;
  moments: number;
  onTime: number;
  madeUp: number;
  /** Begun right after the run before it. */
  held: number;
  skipped: number;
  missed: number;
  /** Moments that a clock which was far ahead had had before. */
  again: number;
  violations: readonly string[];
}>;

/** The supervisor looks at least this often; a replaced run takes 2 s to end. */
const lookMs = 31_000;

export function judgeYear(year: Year, zone?: string): readonly Verdict[] {
  return yearServices.flatMap(({ name, schedule }) =>
    schedule === undefined ? [] : [judgeService(year, name, schedule, zone)],
  );
}

type Case = Readonly<{
  name: string;
  schedule: Schedule;
  runs: readonly SeenRun[];
  skipped: ReadonlySet<number>;
  year: Year;
  /** Gaps in which moments pass; the others repeat them. */
  away: readonly Gap[];
}>;

function judgeService(
  year: Year,
  name: string,
  schedule: Schedule,
  zone: string | undefined,
): Verdict {
  const moments = calendarOf(schedule, year, zone);
  const away = year.gaps.filter(({ kind }) => kind !== 'back' && kind !== 'far-back');
  const runs = year.runs.filter(({ service, dueMs }) => service === name && dueMs < year.toMs);
  const skipped = new Set(
    year.notices.flatMap(({ service, what, dueMs }) =>
      service === name && what === 'skipped' ? [dueMs] : [],
    ),
  );
  const it: Case = { name, schedule, runs, skipped, year, away };
  const counts = { onTime: 0, madeUp: 0, held: 0, skipped: 0, missed: 0, again: 0 };
  const violations: string[] = [];
  const byMoment = Map.groupBy(runs, ({ dueMs }) => dueMs);
  for (const dueMs of byMoment.keys())
    if (!moments.includes(dueMs)) violations.push(`${text(dueMs)} was run and is no moment`);
  for (const dueMs of moments) {
    const found = judgeMoment(it, dueMs, byMoment.get(dueMs) ?? []);
    if (found.kind === 'wrong') violations.push(`${text(dueMs)} ${found.why}`);
    else counts[found.kind] += 1;
    if ((byMoment.get(dueMs)?.length ?? 0) > 1) counts.again += 1;
  }
  violations.push(...gapViolations(it, moments, byMoment));
  const rule = `${schedule.cron} ${schedule.timezone}, ${schedule.missed}, ${schedule.overlap}`;
  return { service: name, rule, moments: moments.length, ...counts, violations };
}

type Found =
  | Readonly<{ kind: 'onTime' | 'madeUp' | 'held' | 'skipped' | 'missed' }>
  | Readonly<{ kind: 'wrong'; why: string }>;

const wrong = (why: string): Found => ({ kind: 'wrong', why });

function judgeMoment(it: Case, dueMs: number, runs: readonly SeenRun[]): Found {
  const { schedule, skipped, year } = it;
  const beginMs = dueMs + jitterOf(it.name, schedule, dueMs);
  const repeated = year.gaps.some(
    ({ kind, fromMs, toMs }) => kind === 'far-back' && beginMs > fromMs - lookMs && dueMs <= toMs,
  );
  if (runs.length > 1 && !repeated) return wrong('was run twice');
  const [run] = runs;
  const gap = gapAt(it, dueMs, beginMs);
  if (run === undefined) {
    if (skipped.has(dueMs)) return { kind: 'skipped' };
    if (gap !== null || repeated) return { kind: 'missed' };
    const isLast = beginMs > year.toMs - 3 * 3_600_000;
    return isLast ? { kind: 'missed' } : wrong('was neither run, skipped nor missed');
  }
  const lateMs = run.beganMs - beginMs;
  if (repeated || (lateMs >= 0 && lateMs <= 1_000)) return { kind: 'onTime' };
  if (gap !== null && run.beganMs >= gap.toMs - onTimeMs) return { kind: 'madeUp' };
  const before = it.runs.find(
    (one) => one !== run && one.endedMs !== null && near(one.endedMs, run.beganMs, lookMs),
  );
  // One that waits for its turn waits for the next daemon, too.
  const isBack = it.away.some(
    ({ kind, toMs }) => kind === 'down' && near(toMs, run.beganMs, 1_000),
  );
  if ((before !== undefined || isBack) && schedule.overlap !== 'skip') return { kind: 'held' };
  if (before !== undefined && schedule.missed === 'all') return { kind: 'madeUp' };
  return wrong(`was run ${Math.round(lateMs / 1_000)} s late, and somebody was there`);
}

function near(one: number, other: number, withinMs: number): boolean {
  return Math.abs(one - other) <= withinMs;
}

/** The gap that the moment, or the begin of its run, fell into. */
function gapAt({ away }: Case, dueMs: number, beginMs: number): Gap | null {
  return away.find(({ fromMs, toMs }) => beginMs > fromMs - lookMs && dueMs <= toMs) ?? null;
}

/** Of the moments of a gap: `skip` runs none, `once` the newest at most, `all` the last 24. */
function gapViolations(
  { name, schedule, away, year }: Case,
  moments: readonly number[],
  byMoment: ReadonlyMap<number, readonly SeenRun[]>,
): readonly string[] {
  return away.flatMap(({ kind, fromMs, toMs }) => {
    const overlaps = year.gaps.some(
      (other) =>
        other.kind.endsWith('back') && other.toMs > fromMs - 6e7 && other.fromMs < toMs + 6e7,
    );
    // Surely missed: neither begun before nor on time after.
    const surely = moments.filter((dueMs) => {
      const beginMs = dueMs + jitterOf(name, schedule, dueMs);
      return dueMs > fromMs && beginMs < toMs - onTimeMs;
    });
    if (overlaps || surely.length === 0 || toMs > year.toMs) return [];
    const run = surely.filter((dueMs) => byMoment.has(dueMs));
    const where = `${kind} from ${text(fromMs)} to ${text(toMs)}: ${run.length} of ${surely.length}`;
    if (schedule.missed === 'skip') return run.length === 0 ? [] : [`${where} made up for`];
    if (schedule.missed === 'once') return run.length <= 1 ? [] : [`${where} made up for`];
    const wanted = Math.min(maxMadeUp, surely.length);
    return run.length >= wanted - 1 && run.length <= maxMadeUp
      ? []
      : [`${where}, wanted ${wanted}`];
  });
}

function text(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
