/**
 * `node tools/run.mjs e2e/why/causes.ts [--record] [name…]`: runs real dying programs and prints
 * the sentence that "why" says of each. Exit 1 when one is not what it should be.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allPrograms } from './programs/all.ts';
import { dieDirectly } from './direct.ts';
import { recordGolden } from './record.ts';
import { cannotRun, startWorld } from './world.ts';

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const record = process.argv.includes('--record');
const folder = mkdtempSync(join(tmpdir(), 'fettle-why-'));
const world = await startWorld(folder);
let right = 0;
let wrong = 0;
let skipped = 0;
try {
  for (const program of allPrograms) {
    if (asked.length > 0 && !asked.includes(program.name)) continue;
    const hindrance = cannotRun(program, world);
    if (hindrance !== null) {
      skipped += 1;
      console.log(`skip  ${program.name}: ${hindrance}`);
      continue;
    }
    const death = await dieDirectly(program, world, folder);
    const said = death.why;
    const fits = said?.cause === program.cause && program.sentence.test(said.sentence);
    if (fits) right += 1;
    else wrong += 1;
    console.log(`${fits ? 'ok   ' : 'WRONG'} ${program.name}: ${said?.sentence ?? '(nothing)'}`);
    if (!fits)
      console.log(`      cause ${said?.cause}, wanted ${program.cause} ${program.sentence}`);
    if (!fits) console.log(death.lines.map((line) => `      | ${line}`).join('\n'));
    if (record) recordGolden(program, death, world);
  }
} finally {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${right} right, ${wrong} wrong, ${skipped} skipped`);
process.exitCode = wrong === 0 ? 0 : 1;
