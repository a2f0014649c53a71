/**
 * `npm run soak -- --services 100 --days 10 [--seed 1] [--faults DAYS] [--json]`: ordinary days, seen
 * by the real detectors. Prints every alarm without a reason. With `--faults`, real faults strike
 * each service every so many days, and it is told how many were seen and how soon. Exits 1 when
 * more than 5 % of all incidents would be false, or, without faults, 2 in 1,000 service-days.
 */
import { parseArgs } from 'node:util';
import { soak, type SoakResult } from './soak.ts';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '100' },
    days: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    faults: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const options = {
  seed: Number(values.seed),
  services: Number(values.services),
  days: Number(values.days),
  faultEveryDays: values.faults === undefined ? null : Number(values.faults),
};
const numbers = [options.services, options.days, options.seed, options.faultEveryDays ?? 1];
if (!numbers.every((value) => value > 0)) {
  console.error('E-SIM-OPTION: --services, --days, --seed and --faults must be positive numbers');
  process.exit(2);
}

const startedMs = performance.now();
const result = soak({
  ...options,
  onStack: (done, of) => console.error(`${done} of ${of} stacks`),
});
const seconds = (performance.now() - startedMs) / 1_000;
const summary = summaryOf(result);
if (values.json) console.log(JSON.stringify(summary, null, 2));
else {
  for (const { atMs, key, text } of result.falseAlarms)
    console.log(`false alarm: ${new Date(atMs).toISOString()} ${key}: ${text}`);
  console.log(JSON.stringify(summary, null, 2));
}
const { falseAlarms, serviceDays, faultsSeen } = summary;
const isBad =
  options.faultEveryDays === null
    ? falseAlarms > Math.max(1, (2 * serviceDays) / 1_000)
    : falseAlarms / Math.max(1, falseAlarms + faultsSeen) > 0.05;
process.exit(isBad ? 1 : 0);

function summaryOf({ serviceDays, ticks, falseAlarms, told, faults }: SoakResult) {
  const seen = faults.filter(({ secondsToSymptom }) => secondsToSymptom !== null);
  const kinds = [...new Set(faults.map(({ kind }) => kind))].toSorted();
  return {
    schema: 'fettle.soak/v1',
    serviceDays,
    ticks,
    seconds: Math.round(seconds * 10) / 10,
    falseAlarms: falseAlarms.length,
    falsePer1000ServiceDays: Number(((falseAlarms.length * 1_000) / serviceDays).toFixed(2)),
    told,
    faults: faults.length,
    faultsSeen: seen.length,
    byKind: kinds.map((kind) => {
      const of = faults.filter((fault) => fault.kind === kind);
      const times = of
        .flatMap(({ secondsToSymptom }) => secondsToSymptom ?? [])
        .toSorted((a, b) => a - b);
      return { kind, struck: of.length, seen: times.length, medianS: times[times.length >> 1] };
    }),
  };
}
