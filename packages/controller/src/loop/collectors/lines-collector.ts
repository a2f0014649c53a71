/**
 * New log lines for templates, rates and detectors: colours stripped, secrets out, within a budget.
 *
 * Lines wait in a bounded queue and are cleaned in slices of at most 4 ms, paid from a bucket that
 * fills with a share of a core. When it is empty, what waits is skipped: counted with its bytes, so
 * that rates stay true while templates see a sample. Source: token buckets, RFC 2697.
 */
import { plainText } from '@fettle/core/loop/collect/log-line';
import { conceal } from '../../conceal.ts';
import { threadCpuMs } from '../../cpu-time.ts';
import type { Collecting, Collector } from './collector.ts';

const sliceMs = 4;
/** Of one core, at level 0 of shedding; halved with each level. */
const coreShare = 0.02;
const maxSavedMs = 100;
/** Characters that wait; what comes beyond is skipped at once. */
const maxWaiting = 1_048_576;
/** A line is cut here: templates and rules look at its head. */
const maxLineLength = 2_000;
/** The clock is read every so many lines: reading it costs as much as cleaning one. */
const linesPerLook = 16;

type Waiting = Readonly<{ instance: string; lines: readonly string[]; skippedBytes: number }> & {
  next: number;
};

type Shell = Readonly<{ collecting: Collecting; queue: Waiting[] }> & {
  waiting: number;
  savedMs: number;
  filledAtMs: number;
  due: NodeJS.Immediate | null;
};

export const linesCollector: Collector = {
  name: 'log lines',
  start(collecting) {
    const shell: Shell = {
      collecting,
      queue: [],
      waiting: 0,
      savedMs: maxSavedMs,
      filledAtMs: performance.now(),
      due: null,
    };
    const dispose = collecting.logs.onLines((instance, _token, lines, skippedBytes) =>
      take(shell, { instance, lines, skippedBytes, next: 0 }),
    );
    return () => {
      dispose();
      if (shell.due !== null) clearImmediate(shell.due);
      shell.queue.length = 0;
    };
  },
};

function take(shell: Shell, one: Waiting): void {
  if (shell.waiting > maxWaiting) return skip(shell, one);
  shell.queue.push(one);
  shell.waiting += sizeOf(one.lines, 0);
  shell.due ??= setImmediate(() => work(shell));
}

function work(shell: Shell): void {
  shell.due = null;
  const { budget } = shell.collecting;
  fill(shell, budget.level());
  const beganMs = performance.now();
  const beganCpuMs = threadCpuMs();
  budget.spend('log lines', () => {
    const untilMs = beganMs + Math.min(sliceMs, shell.savedMs);
    while (shell.queue[0] !== undefined && performance.now() < untilMs)
      if (clean(shell, shell.queue[0], untilMs)) shell.queue.shift();
  });
  shell.savedMs -= threadCpuMs() - beganCpuMs;
  if (shell.savedMs <= 0) for (const one of shell.queue.splice(0)) skip(shell, one);
  shell.waiting = shell.queue.reduce((sum, { lines, next }) => sum + sizeOf(lines, next), 0);
  if (shell.queue.length > 0) shell.due = setImmediate(() => work(shell));
}

/** The bucket fills with time; nothing is saved beyond `maxSavedMs`. */
function fill(shell: Shell, level: number): void {
  const nowMs = performance.now();
  const earnedMs = ((nowMs - shell.filledAtMs) * coreShare) / 2 ** level;
  shell.savedMs = Math.min(maxSavedMs, shell.savedMs + earnedMs);
  shell.filledAtMs = nowMs;
}

/** true: all its lines are through. */
function clean(shell: Shell, one: Waiting, untilMs: number): boolean {
  const { lines } = one;
  const from = one.next;
  const cleaned: string[] = [];
  do {
    const to = Math.min(lines.length, one.next + linesPerLook);
    for (; one.next < to; one.next += 1) cleaned.push(cleanLine(lines[one.next] ?? ''));
  } while (one.next < lines.length && performance.now() < untilMs);
  const isDone = one.next >= lines.length;
  const bytes = sizeOf(lines, from) - sizeOf(lines, one.next) + (isDone ? one.skippedBytes : 0);
  const skippedLines = isDone ? linesIn(one.skippedBytes, lines) : 0;
  tell(shell, one, cleaned, { skippedLines, bytes });
  return isDone;
}

function cleanLine(line: string): string {
  return conceal(plainText(line.length > maxLineLength ? line.slice(0, maxLineLength) : line));
}

function skip(shell: Shell, one: Waiting): void {
  const { lines, next, skippedBytes } = one;
  const skippedLines = lines.length - next + linesIn(skippedBytes, lines);
  tell(shell, one, [], { skippedLines, bytes: sizeOf(lines, next) + skippedBytes });
}

function tell(
  { collecting }: Shell,
  { instance }: Waiting,
  lines: readonly string[],
  counts: Readonly<{ skippedLines: number; bytes: number }>,
): void {
  if (lines.length === 0 && counts.bytes === 0) return;
  const service = collecting.link.instance(instance)?.service ?? instance.replace(/\.\d+$/, '');
  collecting.emit([
    { kind: 'lines', atMs: collecting.nowMs(), service, instance, lines, ...counts },
  ]);
}

/** Characters, newlines included: near enough to bytes, and free. */
function sizeOf(lines: readonly string[], from: number): number {
  let size = 0;
  for (let at = from; at < lines.length; at += 1) size += (lines[at]?.length ?? 0) + 1;
  return size;
}

/** How many lines that many bytes are, by the lines beside them. */
function linesIn(bytes: number, lines: readonly string[]): number {
  if (bytes === 0) return 0;
  const typical = lines.length === 0 ? 100 : sizeOf(lines, 0) / lines.length;
  return Math.max(1, Math.round(bytes / typical));
}
