/**
 * Must show 7: `node tools/run.mjs e2e/loop/cost.ts [seconds] [settle]`. What both daemons cost with
 * 100 services probed every 10 s, idle and with 1,000 log lines a second; ends with 1 past a limit.
 */
import { costOfWatching, type Cost } from './cost-of-watching.ts';

const [seconds = 60, settleS = 60] = process.argv.slice(2).map(Number);
const cases = [
  { name: 'idle', linesPerS: 0, cpu: 0.01, memoryMb: 150 },
  { name: '1,000 lines/s', linesPerS: 1_000, cpu: 0.05, memoryMb: 200 },
] as const;

for (const { name, linesPerS, cpu, memoryMb } of cases) {
  const cost: Cost = await costOfWatching({ services: 100, linesPerS, settleS, seconds });
  console.log(JSON.stringify(cost));
  const cpuSum = cost.supervisorCpu + cost.controllerCpu;
  const met = cpuSum <= cpu && cost.bothPssMb <= memoryMb && cost.outsideConnections === 0;
  console.log(
    `${met ? 'met' : 'NOT MET'}: ${name}: ${(cpuSum * 100).toFixed(2)} % of a core ` +
      `(limit ${cpu * 100}), ${cost.bothPssMb.toFixed(0)} MB (limit ${memoryMb}; resident with ` +
      `shared pages twice: ${(cost.supervisorRssMb + cost.controllerRssMb).toFixed(0)}), ` +
      `${cost.outsideConnections} connections beyond this machine, load ${cost.loadPerCore} a core`,
  );
  if (!met) process.exitCode = 1;
}
