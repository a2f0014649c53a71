/** Must show 6, left behind: `node tools/run.mjs e2e/supervisor/trees-50.ts [trees]`. */
import { endTrees } from './trees.ts';

const report = await endTrees(Number(process.argv[2] ?? 50));
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.leftAfterCrash + report.leftAfterStop === 0 ? 0 : 1;
