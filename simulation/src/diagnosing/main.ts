/** `npm run mutate-rules`: prints who misses each rule; exits 1 when nobody misses one. */
import { allSituations } from '@fettle/core/loop/diagnose/situations/all';
import { mutateRules, wrongAnyway } from './mutate-rules.ts';

const before = wrongAnyway();
for (const title of before) console.log(`wrong with all rules: ${title}`);
const mutants = mutateRules();
const width = Math.max(...mutants.map(({ ruleId }) => ruleId.length));
console.log(`${'rule left out'.padEnd(width)}  wrong  first situation`);
for (const { ruleId, wrong } of mutants)
  console.log(`${ruleId.padEnd(width)}  ${String(wrong.length).padStart(5)}  ${wrong[0] ?? '-'}`);
const unmissed = mutants.filter(({ wrong }) => wrong.length === 0);
console.log(
  `${mutants.length} rules, ${allSituations.length} situations, ${unmissed.length} rules that nobody misses`,
);
process.exit(unmissed.length + before.length > 0 ? 1 : 0);
