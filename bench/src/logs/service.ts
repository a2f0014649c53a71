/**
 * A service that prints `count` numbered lines of 120 bytes, one write each, as a logger without a
 * buffer does: the hardest case for whoever follows the file.
 */
import { writeSync } from 'node:fs';

const count = Number(process.argv[2]);
const levels = ['INFO', 'INFO', 'DEBUG', 'INFO', 'WARN', 'INFO', 'INFO', 'ERROR'];
const filler = 'request served from cache, nothing more to say about it '.repeat(2);

for (let number = 0; number < count; number += 1) {
  const head = `${String(number).padStart(8, '0')} ${levels[number % levels.length]} `;
  writeSync(1, `${(head + filler).slice(0, 119)}\n`);
}
