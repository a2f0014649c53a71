/**
 * `npm run choosing [-- --worlds 60 --incidents 400 --drift 0.5] [--json]`: is what the loop chooses
 * cheaper than a fixed ladder and the author's ranking, and are its odds worth their name?
 *
 * Prints the raw results; exits 1 when the loop is not at least 10 % cheaper than both, or the
 * Brier skill of its odds is below 0.3, for all candidates or for what was tried.
 */
import { parseArgs } from 'node:util';
import { compare, type Calibration, type Comparison } from './compare.ts';
import type { Tally } from './play.ts';

function main(): void {
  const { values } = parseArgs({
    options: {
      worlds: { type: 'string', default: '60' },
      incidents: { type: 'string', default: '400' },
      drift: { type: 'string', default: '0.5' },
      json: { type: 'boolean', default: false },
    },
  });
  const [worlds, incidents, drift] = [values.worlds, values.incidents, values.drift].map(Number);
  if (!(worlds! >= 1) || !(incidents! >= 2) || !(drift! >= 0 && drift! <= 1)) {
    console.error('E-SIM-OPTION: --worlds and --incidents are numbers, --drift is from 0 to 1');
    process.exit(2);
  }
  const options = { worlds: worlds!, incidents: incidents!, drift: drift! };
  const result = compare(options);
  if (values.json) console.log(JSON.stringify({ ...options, ...result }));
  else print(result, options);
  process.exit(result.kept ? 0 : 1);
}

function print(
  result: Comparison,
  { worlds, incidents, drift }: Readonly<{ worlds: number; incidents: number; drift: number }>,
): void {
  console.log(`${worlds} worlds x ${incidents} incidents, ${drift * 100} % of causes change`);
  console.log('mean cost in seconds   all  before  after  first-100  cured  harms');
  const unlearned = compare({ worlds, incidents, drift, flags: { learning: 0 } }).loop;
  const rows: readonly Tally[] = [
    result.ladder,
    result.author,
    { ...unlearned, name: 'loop, learning off' },
    result.loop,
  ];
  for (const row of rows) console.log(rowText(row));
  console.log(`under the fixed ladder: ${percent(result.underLadder)} (wanted 10.0 %)`);
  console.log(`under the author's ranking: ${percent(result.underAuthor)} (wanted 10.0 %)`);
  printCalibration('odds of every candidate at the first plan', result.candidates);
  printCalibration('odds of what was tried', result.attempts);
  console.log(result.kept ? 'kept' : 'NOT KEPT');
}

function rowText({ name, mean, before, after, early, curedRatio, harms }: Tally): string {
  const figures = [mean, before, after].map((value) => value.toFixed(0).padStart(7)).join('');
  const rest = `${early.toFixed(0).padStart(11)}${percent(curedRatio).padStart(9)}`;
  return `${name.padEnd(19)}${figures}${rest}${String(harms).padStart(7)}`;
}

function printCalibration(what: string, { count, brier, skill, table }: Calibration): void {
  const score = `Brier ${brier.toFixed(4)}, skill ${skill.toFixed(3)} (wanted 0.3)`;
  console.log(`${what}: ${count} forecasts, ${score}`);
  console.log('   odds      count   mean odds   cured');
  for (const row of table) {
    const range = `${row.from.toFixed(1)}-${row.to.toFixed(1)}`;
    const mean = row.odds?.toFixed(3) ?? '-';
    const cured = row.cured?.toFixed(3) ?? '-';
    console.log(
      `   ${range}${String(row.count).padStart(8)}${mean.padStart(12)}${cured.padStart(8)}`,
    );
  }
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`;
}

main();
