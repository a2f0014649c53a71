/**
 * Must show 6: `node tools/run.mjs e2e/loop/errors-kill.ts [errors] [kills] [seed]`. Prints the raw
 * result; ends with 1 when an acknowledged error is not stored, or is stored twice.
 */
import { errorsAcrossKills } from './errors-across-kills.ts';

const [errors = '100000', kills = '10', seed = String(Date.now())] = process.argv.slice(2);
const report = await errorsAcrossKills({ errors: Number(errors), kills: Number(kills), seed });
console.log(JSON.stringify({ seed, ...report }, null, 2));
const { acknowledged, missing, doubled } = report;
console.log(`${acknowledged} acknowledged, ${missing} missing, ${doubled} doubled`);
process.exitCode = missing === 0 && doubled === 0 ? 0 : 1;
