/**
 * `npm run sim:schedule -- [--seeds 3] [--days 365] [--json]`: simulated years of schedules, with
 * clock changes, clocks that jump, sleep and daemons that die, held against docs/schedules.md.
 * Prints what became of each moment; exits 1 when one is not as documented.
 */
import { parseArgs } from 'node:util';
import { judgeYear, type Verdict } from './judge-year.ts';
import { liveAYear, type Year } from './year-world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    days: { type: 'string', default: '365' },
    json: { type: 'boolean', default: false },
  },
});
const [seeds, days] = [Number(values.seeds), Number(values.days)];
if (!(seeds >= 1 && days >= 1)) {
  console.error('E-SIM-OPTION: --seeds and --days are numbers from 1');
  process.exit(2);
}

function printYear(seed: number, year: Year, verdicts: readonly Verdict[]): void {
  const faults = Object.entries(Object.groupBy(year.gaps, ({ kind }) => kind));
  const words = faults.map(([kind, gaps]) => `${gaps?.length ?? 0} ${kind}`).join(', ');
  console.log(`\nseed ${seed}, ${days} days, ${year.events} events, digest ${year.digest}`);
  console.log(`faults: ${words}`);
  const head = ['service', 'moments', 'on time', 'made up', 'held', 'skipped', 'missed', 'again'];
  const rows = verdicts.map((one) => {
    const { onTime, madeUp, held, skipped, missed, again } = one;
    return [one.service, one.moments, onTime, madeUp, held, skipped, missed, again];
  });
  for (const [at, row] of [head, ...rows].entries()) {
    const cells = row.map((cell, column) =>
      column === 0 ? String(cell).padEnd(11) : String(cell).padStart(8),
    );
    console.log(`${cells.join(' ')}  ${at === 0 ? 'rule' : (verdicts[at - 1]?.rule ?? '')}`);
  }
  for (const { service, violations } of verdicts)
    for (const violation of violations.slice(0, 10)) console.log(`✕ ${service}: ${violation}`);
}

let violations = 0;
let doubled = 0;
for (let seed = 1; seed <= seeds; seed += 1) {
  const year = liveAYear({ seed, days });
  const verdicts = judgeYear(year);
  violations += verdicts.reduce((sum, one) => sum + one.violations.length, 0);
  doubled += year.doubled;
  if (values.json) console.log(JSON.stringify({ seed, days, digest: year.digest, verdicts }));
  else printYear(seed, year, verdicts);
}
console.log(`\n${violations} moments not as documented, ${doubled} runs at once with another`);
process.exit(violations + doubled === 0 ? 0 : 1);
