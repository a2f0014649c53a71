/**
 * `node tools/run.mjs e2e/why/stack-causes.ts`: the trio within 5 s of `fettle up -d`, then every
 * dying program in one stack; prints the state and the sentence of each. Exit 1 when one is wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkStack, checkTrio, type Verdict } from './stack-check.ts';
import { checkStates } from './states-check.ts';
import { startWorld } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'fettle-why-'));
const world = await startWorld(folder);
let verdicts: readonly Verdict[] = [];
try {
  const trio = await checkTrio(join(folder, 'trio'), world);
  console.log(`trio told in ${trio.toldMs} ms after up -d`);
  const states = await checkStates(join(folder, 'states'), world);
  verdicts = [...trio.verdicts, ...states, ...(await checkStack(join(folder, 'stack'), world))];
} finally {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
}
for (const { fits, name, state, why, wanted } of verdicts) {
  console.log(`${fits ? 'ok   ' : 'WRONG'} ${name} ${state}: ${why ?? '(nothing)'}`);
  if (!fits) console.log(`      wanted ${wanted}`);
}
const wrong = verdicts.filter(({ fits }) => !fits).length;
console.log(`${verdicts.length - wrong} right, ${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
