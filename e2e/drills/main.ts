/**
 * `npm run drills`: every fault on both stacks, three times over, with all that is measured.
 *
 * Exit code 1 when a threshold is missed. A whole run is kept in bench/results/drills.json.
 */
import { parseArgs } from 'node:util';
import { writeResult } from '../../bench/src/result.ts';
import { planChapters, type StackKind } from './chapter.ts';
import { allFaults } from './faults/all.ts';
import { allNegatives } from './negatives/all.ts';
import { closeOnSignal } from './open-stacks.ts';
import { drillLine, negativeLine, summary, table, temptingLine } from './report.ts';
import { runChapters, type Tell } from './run-chapters.ts';
import { scoreOf } from './score.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    repeat: { type: 'string', default: '3' },
    /** `shop`, `generated`, or both. */
    stack: { type: 'string', default: 'shop,generated' },
    /** Faults, families, negative cases, `negatives`, `tempting`. */
    only: { type: 'string', default: '' },
    lanes: { type: 'string', default: '5' },
    /** First of the ports that stacks listen on, 400 a lane: for two runs side by side. */
    port: { type: 'string', default: '20000' },
    /** Folder for what Fettle thought in each drill. */
    trace: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

closeOnSignal();
const only = values.only.split(',').filter((word) => word !== '');
const whole = only.length === 0;
const picked = (...names: readonly string[]): boolean =>
  whole || names.some((name) => only.includes(name));

const chapters = planChapters({
  seed: values.seed,
  rounds: Number(values.repeat),
  stacks: values.stack.split(',') as StackKind[],
  faults: allFaults.filter(({ name, family }) => picked(name, family, 'tempting')),
  negatives: allNegatives.filter(({ name }) => picked(name, 'negatives')),
  tempting: picked('tempting'),
});

const began = performance.now();
const say = (text: string): void => {
  const at = Math.round((performance.now() - began) / 1_000);
  console.error(`${String(at).padStart(5)} s  ${text}`);
};
const tell: Tell = {
  drill: (result) => say(drillLine(result)),
  negative: (result) => say(negativeLine(result)),
  tempting: (result) => say(temptingLine(result)),
  note: (text) => say(`note ${text}`),
};

say(`seed ${values.seed}, ${chapters.length} stacks in ${values.lanes} lanes`);
const asked =
  whole || !only.every((word) => word === 'tempting')
    ? chapters
    : chapters.filter(({ tasks }) => tasks.some(({ kind }) => kind === 'tempting'));
const results = await runChapters(asked, {
  lanes: Number(values.lanes),
  firstPort: Number(values.port),
  trace: values.trace === '' ? null : values.trace,
  tell,
});
const score = scoreOf(results);
const tookS = Math.round((performance.now() - began) / 1_000);
const kept = { seed: values.seed, rounds: Number(values.repeat), tookS, score };
const document = {
  ...kept,
  drills: results.drills,
  negatives: results.negatives,
  tempting: results.tempting,
  unfit: [...results.unfit].toSorted(),
  broken: results.broken,
};
if (values.json) console.log(JSON.stringify(document, null, 2));
else console.log(`\n${table(results)}\n\n${summary(score, results)}\ntook ${tookS} s`);
if (whole) writeResult('drills', document);
process.exitCode = score.missed.length === 0 ? 0 : 1;
