// A nightly calculation: a whole core while it lasts, at low priority, and nobody waits for it.
import { setPriority } from 'node:os';
import { readConfig } from './kit.mjs';
import { told } from './tuning.mjs';
import { say } from './voice.mjs';

const { seconds } = readConfig();
const { word, args } = told();
const untilMs = Date.now() + (word === 'work' ? Number(args[0]) : seconds) * 1_000;
setPriority(19);
let rows = 0;
while (Date.now() < untilMs) rows += Math.sqrt(rows) >= 0 ? 1 : 0;
say('info', 'round-done', { count: rows });
