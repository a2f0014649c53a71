/**
 * Finds a pattern in a log line in time linear in the line: a hostile line cannot hold the loop.
 *
 * All ways through the pattern are followed at once, one character at a time. Source: Thompson,
 * "Regular Expression Search Algorithm" (CACM 1968), as told by Cox, "Regular Expression Matching
 * Can Be Simple And Fast". Letters match in either case.
 */
import { isWord, readPattern, type PatternError, type PatternNode } from './pattern-syntax.ts';

export type Pattern = (text: string) => boolean;

/** Of a text, this much is looked at. */
const MAX_TEXT = 600;
const MAX_STEPS = 3_000;

type Place = Extract<PatternNode, { kind: 'at' }>['place'];
type Instruction =
  | Readonly<{ op: 'one'; fits: (code: number) => boolean }>
  | Readonly<{ op: 'at'; place: Place }>
  | { op: 'split'; to: number; or: number }
  | Readonly<{ op: 'found' }>;

export function compilePattern(text: string): Pattern | Readonly<{ error: PatternError }> {
  const node = readPattern(text);
  if ('error' in node) return node;
  const program: Instruction[] = [];
  if (!emit(node, program))
    return { error: { at: 0, message: 'the repetitions of this pattern multiply to too many' } };
  program.push({ op: 'found' });
  return (searched) => search(program, searched.slice(0, MAX_TEXT).toLowerCase());
}

/** false: it grew too large. */
function emit(node: PatternNode, program: Instruction[]): boolean {
  if (program.length > MAX_STEPS) return false;
  switch (node.kind) {
    case 'one':
      program.push({ op: 'one', fits: node.fits });
      return true;
    case 'at':
      program.push({ op: 'at', place: node.place });
      return true;
    case 'all':
      return node.parts.every((part) => emit(part, program));
    case 'either':
      return emitWays(node.ways, program);
    case 'repeat':
      return emitRepeat(node, program);
    default:
      return node satisfies never;
  }
}

function emitWays(ways: readonly PatternNode[], program: Instruction[]): boolean {
  const exits: { op: 'split'; to: number; or: number }[] = [];
  for (const [index, way] of ways.entries()) {
    const split = { op: 'split' as const, to: program.length + 1, or: program.length + 1 };
    if (index < ways.length - 1) program.push(split);
    if (!emit(way, program)) return false;
    if (index === ways.length - 1) continue;
    const exit = { op: 'split' as const, to: 0, or: 0 };
    program.push(exit);
    exits.push(exit);
    split.or = program.length;
  }
  for (const exit of exits) exit.to = exit.or = program.length;
  return true;
}

function emitRepeat(
  { of, least, most }: Extract<PatternNode, { kind: 'repeat' }>,
  program: Instruction[],
): boolean {
  for (let time = 0; time < least; time += 1) if (!emit(of, program)) return false;
  if (most === null) {
    const split = { op: 'split' as const, to: program.length + 1, or: 0 };
    const from = program.length;
    program.push(split);
    if (!emit(of, program)) return false;
    program.push({ op: 'split', to: from, or: from });
    split.or = program.length;
    return true;
  }
  const splits: { op: 'split'; to: number; or: number }[] = [];
  for (let time = least; time < most; time += 1) {
    const split = { op: 'split' as const, to: program.length + 1, or: 0 };
    program.push(split);
    splits.push(split);
    if (!emit(of, program)) return false;
  }
  for (const split of splits) split.or = program.length;
  return true;
}

function search(program: readonly Instruction[], text: string): boolean {
  const seen = new Uint32Array(program.length);
  let now: number[] = [];
  let next: number[] = [];
  for (let at = 0; at <= text.length; at += 1) {
    // A match may begin at every character.
    if (follow(program, { from: 0, at, text, seen }, now)) return true;
    if (at === text.length) return false;
    const code = text.charCodeAt(at);
    next.length = 0;
    for (const step of now) {
      const instruction = program[step]!;
      if (instruction.op !== 'one' || !instruction.fits(code)) continue;
      if (follow(program, { from: step + 1, at: at + 1, text, seen }, next)) return true;
    }
    [now, next] = [next, now];
  }
  return false;
}

type Spot = Readonly<{ from: number; at: number; text: string; seen: Uint32Array }>;

/** Adds all that can be reached without a character; true: the end of the pattern was reached. */
function follow(program: readonly Instruction[], spot: Spot, into: number[]): boolean {
  const { at, text, seen } = spot;
  const open = [spot.from];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (seen[step] === at + 1) continue;
    seen[step] = at + 1;
    const instruction = program[step]!;
    if (instruction.op === 'found') return true;
    if (instruction.op === 'one') into.push(step);
    else if (instruction.op === 'split') open.push(instruction.or, instruction.to);
    else if (holds(instruction.place, text, at)) open.push(step + 1);
  }
  return false;
}

function holds(place: Place, text: string, at: number): boolean {
  if (place === 'start') return at === 0;
  if (place === 'end') return at === text.length;
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  return (before !== after) === (place === 'word');
}

const cache = new Map<string, Pattern | null>();
const CACHED = 500;

/** null: it is no pattern. Compiled once; the same text always gives the same answer. */
export function patternOf(text: string): Pattern | null {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const compiled = compilePattern(text);
  const pattern = typeof compiled === 'function' ? compiled : null;
  if (cache.size >= CACHED) cache.clear();
  cache.set(text, pattern);
  return pattern;
}
