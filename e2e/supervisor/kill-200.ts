/**
 * Must show 3: `node tools/run.mjs e2e/supervisor/kill-200.ts [kills] [services] [seed]`. Prints
 * the raw result; ends with 1 when anything was lost, doubled or misjudged.
 */
import { killRounds } from './kill-rounds.ts';

const [rounds = 200, steady = 100, seed = Date.now() % 1_000_000] = process.argv
  .slice(2)
  .map(Number);
const report = await killRounds({ rounds, steady, jobs: 40, seed });
console.log(JSON.stringify(report, null, 2));
const expected = rounds * steady;
console.log(`adopted ${report.adopted} of ${expected}, ${report.violations.length} violations`);
process.exitCode = report.violations.length === 0 && report.adopted === expected ? 0 : 1;
