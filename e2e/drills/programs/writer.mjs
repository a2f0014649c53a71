// Writes records to a file, starts a new file when one is full, keeps a few; old exports pile up
// beside them until somebody clears them.
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig, Refused, serve } from './kit.mjs';
import settings from './settings.mjs';
import { say } from './voice.mjs';

const config = readConfig();
mkdirSync(join(settings.folder, 'exports'), { recursive: true });
const current = join(settings.folder, 'current.log');
let trouble = null;
let told = 0;

function write() {
  try {
    appendFileSync(current, `${'record '.repeat(config.words)}${Date.now()}\n`);
    writeMark();
    if (statSync(current).size > config.fileBytes) {
      rmSync(`${current}.2`, { force: true });
      renameSync(current, `${current}.2`);
    }
    if (trouble !== null) say('info', 'writing-again', {});
    trouble = null;
  } catch (error) {
    trouble = error.message;
    if (told % 4 === 0) say('error', 'write-failed', { file: current, error: error.message });
    told += 1;
  }
}

/** A new small file each time, as a spool or a session store has it. */
function writeMark() {
  const mark = join(settings.folder, 'mark.new');
  appendFileSync(mark, `${Date.now()}\n`);
  renameSync(mark, join(settings.folder, 'mark'));
}

setInterval(write, config.roundMs);
serve({
  [settings.health]: () => {
    if (trouble !== null) throw new Refused(503, trouble);
    return { status: 'ok' };
  },
  '*': () => ({ ok: trouble === null }),
});
