/**
 * Runs malformed configs against the reader: 300 made from a seed and those written by hand. Each
 * must give a clear error: an `E-CONFIG` code, a place in a file, a hint; where the mutation knows
 * its line, that line; and no cascade of follow-up errors.
 *
 * `node tools/run.mjs e2e/config/malformed.ts [seed]` prints what each one said.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkStack } from '@fettle/config/load-stack';
import type { Problem } from '@fettle/config/problem/problem';
import { renderLine } from '@fettle/config/problem/render';
import { handWritten, type HandWritten } from './hand-written.ts';
import { mutations } from './mutations.ts';
import { random, validConfig } from './valid-config.ts';

export const GENERATED = 300;
/** One slip is told once; a few say two true things. */
const MAX_PROBLEMS = 2;

export type Malformed = HandWritten & Readonly<{ nearest?: string }>;

export function malformedConfigs(seed: number): readonly Malformed[] {
  const source = random(seed);
  const generated = Array.from({ length: GENERATED }, (_, index): Malformed => {
    const mutation = mutations[index % mutations.length]!;
    const { lines, code, line, nearest } = mutation.apply(validConfig(source), source);
    return {
      name: `${index} ${mutation.name}`,
      files: { 'fettle.yaml': `${lines.join('\n')}\n` },
      code,
      ...(line === null ? {} : { line }),
      ...(nearest === undefined ? {} : { nearest }),
    };
  });
  return [...generated, ...handWritten];
}

/** Writes the files of one case into a new folder below `root`. */
export function writeCase(root: string, { files }: HandWritten): string {
  const dir = mkdtempSync(join(root, 'case-'));
  for (const [name, content] of Object.entries(files))
    if (content === null) mkdirSync(join(dir, name));
    else writeFileSync(join(dir, name), content);
  return dir;
}

export type Judged = Readonly<{ faults: readonly string[]; first: Problem | null }>;

/** `faults`: in what the error falls short; empty when it is clear. */
export function judge(dir: string, wanted: Malformed): Judged {
  const { stack, problems } = checkStack({ dir, env: { HOME: '/home/x', ...wanted.env } });
  const [first] = problems;
  if (stack !== null || first === undefined) return { faults: ['it was accepted'], first: null };
  const faults: string[] = [];
  for (const problem of problems) faults.push(...unclear(problem, wanted));
  const hit = problems.find(
    ({ code, place }) =>
      code.startsWith(wanted.code) &&
      (wanted.line === undefined || place.line === wanted.line) &&
      (wanted.file === undefined || place.file === wanted.file),
  );
  const expected = `${wanted.file ?? ''}:${wanted.line ?? '*'} ${wanted.code}`;
  if (hit === undefined) faults.push(`wanted ${expected}`);
  if (wanted.nearest !== undefined && hit?.nearest !== wanted.nearest)
    faults.push(`wanted the suggestion ${wanted.nearest}, got ${hit?.nearest}`);
  if (problems.length > MAX_PROBLEMS) faults.push(`${problems.length} problems for one slip`);
  return { faults, first };
}

function unclear({ code, place, hint, message, length }: Problem, { files }: Malformed): string[] {
  const faults: string[] = [];
  if (!/^E-CONFIG(?:-[A-Z]+)+$/.test(code)) faults.push(`odd code ${code}`);
  if (message.length < 10 || hint.length < 8) faults.push(`says too little: ${message} ${hint}`);
  if (length < 1 || place.line < 1 || place.column < 1) faults.push('no place');
  const text = files[place.file];
  if (typeof text === 'string' && place.line > text.split('\n').length)
    faults.push(`line ${place.line} is past the end`);
  return faults;
}

/** The generator must break what is right: its ground is checked, too. */
export function refusedValidConfigs(seed: number, count: number): readonly string[] {
  const source = random(seed);
  const root = mkdtempSync(join(tmpdir(), 'fettle-valid-'));
  try {
    return Array.from({ length: count }, () => {
      const files = { 'fettle.yaml': `${validConfig(source).lines.join('\n')}\n` };
      const dir = writeCase(root, { name: '', files, code: '' });
      return checkStack({ dir, env: {} }).problems.map(renderLine);
    }).flat();
  } finally {
    rmSync(root, { recursive: true });
  }
}

function main(): void {
  const seed = Number(process.argv[2] ?? 1);
  const cases = malformedConfigs(seed);
  const root = mkdtempSync(join(tmpdir(), 'fettle-malformed-'));
  let clear = 0;
  for (const one of cases) {
    const { faults, first } = judge(writeCase(root, one), one);
    if (faults.length === 0) clear += 1;
    console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${one.name.replaceAll('\n', ' ')}`);
    if (first !== null) console.log(`     ${renderLine(first)}`);
    for (const fault of faults) console.log(`     ${fault}`);
  }
  rmSync(root, { recursive: true });
  console.log(`seed ${seed}: ${GENERATED} generated and ${handWritten.length} by hand`);
  console.log(`clear errors: ${clear} of ${cases.length}`);
  process.exitCode = clear === cases.length ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
