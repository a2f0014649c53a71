/**
 * `npm run sim:healing -- --seeds 100 --hours 4 [--seed N] [--no-deaths] [--json]`: the healing loop
 * under faults with a controller that dies between any two events. Exits 1 when a rule was broken.
 */
import { parseArgs } from 'node:util';
import { shippedRunbooks } from './shipped-runbooks.ts';
import { simulateHealing, type HealingResult } from './simulate-healing.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    hours: { type: 'string', default: '4' },
    seed: { type: 'string' },
    'no-deaths': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const hours = Number(values.hours);
const count = Number(values.seeds);
if (!(hours > 0) || !(count > 0)) {
  console.error('E-SIM-OPTION: --seeds and --hours must be positive numbers');
  process.exit(2);
}
const seeds =
  values.seed === undefined
    ? Array.from({ length: count }, (_, index) => index + 1)
    : [Number(values.seed)];
const runbooks = shippedRunbooks();
const startedMs = performance.now();
const results: HealingResult[] = [];
for (const seed of seeds) {
  const deaths = values['no-deaths'] ? { deathMs: Infinity } : {};
  const result = simulateHealing({ seed, hours, runbooks, ...deaths });
  results.push(result);
  for (const violation of result.violations) console.log(`seed ${seed}: ${violation}`);
}
const spentS = (performance.now() - startedMs) / 1_000;
const sum = (pick: (result: HealingResult) => number): number =>
  results.reduce((total, result) => total + pick(result), 0);
const summary = {
  schema: 'fettle.healing-simulation/v1',
  seeds: seeds.length,
  hours,
  violations: sum(({ violations }) => violations.length),
  events: sum(({ events }) => events),
  eventsPerS: Math.round(sum(({ events }) => events) / spentS),
  controllerDeaths: sum(({ deaths }) => deaths),
  faults: sum(({ faults }) => faults),
  incidents: sum(({ incidents }) => incidents),
  runs: sum(({ runs }) => runs),
  fixed: sum(({ fixed }) => fixed),
  escalated: sum(({ escalated }) => escalated),
  effects: sum(({ effects }) => effects),
  digest: results
    .map(({ digest }) => digest)
    .join('')
    .slice(0, 32),
};
if (values.json) console.log(JSON.stringify(summary, null, 2));
else for (const [name, value] of Object.entries(summary).slice(1)) console.log(`${name} ${value}`);
process.exit(summary.violations > 0 ? 1 : 0);
