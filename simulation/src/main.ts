/**
 * `npm run sim -- --seeds 200 --hours 24 [--seed N] [--json]`: many lives, each with its own seed.
 *
 * Exits 1 when a rule was broken; the seed is printed and kept in `seeds.json`, where a unit test
 * replays it for ever.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { simulate, type SimulationResult } from './simulate.ts';

const SEEDS_FILE = new URL('../seeds.json', import.meta.url);

type Options = Readonly<{ seeds: readonly number[]; hours: number; json: boolean }>;

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      hours: { type: 'string', default: '24' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const numbers = { seeds: Number(values.seeds), hours: Number(values.hours) };
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value > 0 && Number.isFinite(value))) {
      console.error(`E-SIM-OPTION: --${name} must be a positive number`);
      process.exit(2);
    }
  }
  const seeds =
    values.seed === undefined
      ? Array.from({ length: numbers.seeds }, (_, i) => i + 1)
      : [Number(values.seed)];
  return { seeds, hours: numbers.hours, json: values.json };
}

function main(): void {
  const { seeds, hours, json } = readOptions();
  const startedMs = performance.now();
  const results: SimulationResult[] = [];
  for (const seed of seeds) {
    const result = simulate({ seed, hours });
    results.push(result);
    if (!json) printResult(result, results.length, seeds.length);
  }
  const failed = results.filter(({ violations }) => violations.length > 0);
  if (failed.length > 0) keepSeeds(failed);
  printSummary(results, performance.now() - startedMs, json);
  process.exit(failed.length > 0 ? 1 : 0);
}

function printResult(result: SimulationResult, done: number, total: number): void {
  for (const { rule, atMs, text } of result.violations) {
    console.log(`seed ${result.seed}: ${rule} at ${atMs} ms: ${text}`);
  }
  if (total === 1 || done % 20 === 0 || result.violations.length > 0) {
    const { seed, digest, services, events, daemons } = result;
    const facts = `${services} services, ${events} events, ${daemons} daemon lives`;
    console.log(`${done}/${total} seed ${seed} digest ${digest} (${facts})`);
  }
}

function printSummary(results: readonly SimulationResult[], ms: number, json: boolean): void {
  const sum = (of: (result: SimulationResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const summary = {
    seeds: results.length,
    virtualHours: sum(({ hours }) => hours),
    seconds: Math.round(ms / 100) / 10,
    virtualHoursPerSecond: Math.round((sum(({ hours }) => hours) / ms) * 10_000) / 10,
    events: sum(({ events }) => events),
    eventsPerSecond: Math.round((sum(({ events }) => events) / ms) * 1_000),
    violations: sum(({ violations }) => violations.length),
    digest: combine(results.map(({ digest }) => digest)),
  };
  if (json) console.log(JSON.stringify({ ...summary, results }));
  else {
    for (const [name, value] of Object.entries(summary)) console.log(`${name}: ${value}`);
  }
}

/** One digest of digests, order included. */
function combine(digests: readonly string[]): string {
  let hash = 0n;
  for (const digest of digests) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(`0x${digest}`)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

type KeptSeed = Readonly<{ seed: number; hours: number; rule: string }>;

function keepSeeds(failed: readonly SimulationResult[]): void {
  const kept = JSON.parse(readFileSync(SEEDS_FILE, 'utf8')) as KeptSeed[];
  for (const { seed, hours, violations } of failed) {
    if (kept.some((one) => one.seed === seed && one.hours === hours)) continue;
    kept.push({ seed, hours, rule: violations[0]?.rule ?? '' });
  }
  writeFileSync(SEEDS_FILE, `${JSON.stringify(kept, null, 2)}\n`);
}

main();
