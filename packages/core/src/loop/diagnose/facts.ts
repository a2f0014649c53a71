/**
 * What the rules of "why" look at: the input, read once.
 *
 * The phase says which question is asked: why did it end, why is it not ready, what does it wait
 * for, or is there merely a note to make beside a healthy service.
 */
import type { RunExit } from '../../supervise/run.ts';
import { lastErrorBlock, lineShape, type Block } from '../collect/error-line.ts';
import { parseLogLine, plainText } from '../collect/log-line.ts';
import { findTraces, type Trace } from '../collect/stack-trace.ts';
import type { Why, WhyInput } from './why-input.ts';

/**
 * - `ended`: the last run ended and nothing good runs in its place
 * - `unready`: a run is up (or starting) and its checks do not let it serve
 * - `waiting`: not started yet, held back by others
 * - `resting`: stopped or done, as asked
 * - `fine`: serves; there may be a note
 */
export type Phase = 'ended' | 'unready' | 'waiting' | 'resting' | 'fine';

export type Facts = Readonly<{
  input: WhyInput;
  phase: Phase;
  /** How the run in question ended; null while it lives. */
  exit: RunExit | null;
  ranMs: number | null;
  /** The run whose lines these are. */
  token: string | null;
  /** Without colours, each at most 600 characters. */
  lines: readonly string[];
  traces: readonly Trace[];
  /** The last error and what follows it. */
  block: Block | null;
  /** Indices of lines, newest first, without those that are said again later. */
  distinct: readonly number[];
  /** How much each line has to say about the end, 0-1. */
  weights: readonly number[];
  /** For a service that serves again: why the run before ended; null when long ago or never. */
  before: Readonly<{ sentence: string; cause: string; evidence: Why['evidence'] }> | null;
}>;

/** What a person would read of a line, and what a pattern can search in no time. */
const longestLine = 600;

export function readFacts(input: WhyInput, before: Facts['before'] = null): Facts {
  const { view } = input;
  const phase = phaseOf(input);
  const aboutLast = phase === 'ended' || phase === 'resting';
  const told = aboutLast ? input.lastRunLines : input.liveLines;
  const lines = readableLines(told, input.nowMs);
  const traces = findTraces(lines);
  const block = lastErrorBlock(lines, traces);
  return {
    input,
    phase,
    exit: aboutLast || phase === 'fine' ? view.lastExit : null,
    ranMs: input.exits.at(-1)?.ranMs ?? null,
    token: aboutLast ? view.lastToken : view.token,
    lines,
    traces,
    block,
    distinct: distinctNewestFirst(lines),
    weights: weigh(lines, block),
    before,
  };
}

/**
 * 1 in the last error, less the further from it. A line that is repeated and is not the last word
 * is part of normal operation and says little.
 */
function weigh(lines: readonly string[], block: Block | null): readonly number[] {
  if (block === null) return lines.map((_line, index) => (index >= lines.length - 3 ? 0.9 : 0.6));
  const shapes = lines.map(lineShape);
  const times = new Map<string, number>();
  for (const shape of shapes) times.set(shape, (times.get(shape) ?? 0) + 1);
  return shapes.map((shape, index) => {
    if (index >= block.from - 3) return 1;
    const repeated = (times.get(shape) ?? 1) >= 3;
    return (block.from - index <= 15 ? 0.85 : 0.6) * (repeated ? 0.5 : 1);
  });
}

function distinctNewestFirst(lines: readonly string[]): readonly number[] {
  const newest = new Map(lines.map((line, index) => [line, index]));
  return [...newest.values()].toSorted((a, b) => b - a);
}

/** Serves again after an end of its own less than 15 minutes ago. */
export function cameBack(input: WhyInput): boolean {
  const { lastExit, state } = input.view;
  if (state !== 'running' || lastExit === null || !failedItself(lastExit)) return false;
  return phaseOf(input) === 'fine' && input.nowMs - lastExit.atMs <= 900_000;
}

/**
 * A restarted run that has not shown anything yet is still explained by the end of the one before:
 * otherwise a crash loop would say "starting" each time one looks at the wrong moment.
 */
function phaseOf(input: WhyInput): Phase {
  const { view, failingChecks, nowMs } = input;
  switch (view.state) {
    case 'waiting':
      return view.lastExit !== null && failedItself(view.lastExit) && input.lastRunLines.length > 0
        ? 'ended'
        : 'waiting';
    case 'backing-off':
    case 'crash-loop':
    case 'failed':
      return 'ended';
    case 'stopping':
    case 'stopped':
    case 'done':
      return 'resting';
    case 'external':
      return failingChecks.length > 0 ? 'unready' : 'fine';
    case 'running':
    case 'starting': {
      if (isTroubled(input)) return 'ended';
      if (view.ready && failingChecks.length === 0) return 'fine';
      const young = nowMs - (view.startedAtMs ?? nowMs) < 10_000;
      const crashed = view.lastExit !== null && failedItself(view.lastExit);
      return crashed && young && input.liveLines.length === 0 ? 'ended' : 'unready';
    }
    default:
      return view.state satisfies never;
  }
}

/** After several crashes a new run must first show that it lives longer than they did. */
function isTroubled({ view, nowMs, failingChecks }: WhyInput): boolean {
  const { lastExit, startedAtMs, restarts } = view;
  if (lastExit === null || startedAtMs === null || restarts < 2 || !failedItself(lastExit))
    return false;
  const fresh = nowMs - lastExit.atMs < 60_000 && nowMs - startedAtMs < 2_000;
  return fresh && failingChecks.length === 0;
}

const ILLNESSES: ReadonlySet<string> = new Set([
  'hang',
  'memory-limit',
  'process-limit',
  'port-stolen',
  'hook-failed',
]);

/** Ended by itself, from outside, or by us because it was ill; not because somebody asked. */
export function failedItself(exit: RunExit): boolean {
  const { endedBy } = exit;
  if (exit.note !== undefined && endedBy === null) return true;
  if (endedBy === null) return exit.code !== 0 || exit.kind !== 'code';
  return ILLNESSES.has(endedBy);
}

/**
 * Lines as a person reads them: without terminal colours; a JSON line becomes its message and the
 * stack it carries. Bounded, so that a pattern cannot take long.
 */
function readableLines(lines: readonly string[], nowMs: number): readonly string[] {
  return lines
    .slice(-200)
    .flatMap((line) => readable(line, nowMs))
    .slice(-400)
    .map((line) => line.slice(0, longestLine).trimEnd());
}

function readable(line: string, nowMs: number): readonly string[] {
  if (!/^\s*\{/.test(line)) return [plainText(line.slice(0, longestLine))];
  const { text, fields } = parseLogLine(line, null, { zoneOffsetMs: 0, nearMs: nowMs });
  if (fields === null) return [text];
  const carried = [fields, ...nested(fields)];
  const stack = carried
    .flatMap(({ stack, exception, stack_trace: trace }) => [stack, exception, trace])
    .find((value): value is string => typeof value === 'string');
  if (stack !== undefined) return [text, ...stack.split('\n').slice(0, 60)];
  const said = carried.map(({ message }) => message).find((value) => typeof value === 'string');
  const error = [fields['error'], fields['err'], said].find((value) => typeof value === 'string');
  return [error === undefined || text.includes(String(error)) ? text : `${text}: ${String(error)}`];
}

/** Errors that a logger nested: pino's `err`, ECS's `error`. */
function nested(fields: Readonly<Record<string, unknown>>): readonly Record<string, unknown>[] {
  return ['err', 'error', 'exception', 'exc_info'].flatMap((key) => {
    const value = fields[key];
    return typeof value === 'object' && value !== null ? [value as Record<string, unknown>] : [];
  });
}

/** How many of the last ends happened within `withinMs` of now. */
export function endsWithin(input: WhyInput, withinMs: number): number {
  return input.exits.filter((exit) => input.nowMs - exit.atMs <= withinMs).length;
}
