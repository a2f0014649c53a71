// Makes the process that loads it misbehave as a defect in its code would. It is told by one line in
// a file that nobody but the drill knows; an empty or absent file means: behave.
import { spawn } from 'node:child_process';
import { Server as HttpServer } from 'node:http';
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { Server } from 'node:net';
import { join } from 'node:path';
import settings from './settings.mjs';

const file = join(settings.controls, settings.name ?? process.env.FETTLE_SERVICE ?? 'none');
const tickMs = 150;
const held = [];
let line = '';
let beganMs = 0;

/** What is meant for one run begins with its pid: a restart is then a cure. */
function read() {
  try {
    const [, pid, text] = /^(?:pid=(\d+) )?(.*)/.exec(readFileSync(file, 'utf8'));
    return pid === undefined || Number(pid) === process.pid ? text.trim() : '';
  } catch (error) {
    // Out of handles, say: what was told last still holds.
    return error.code === 'ENOENT' ? '' : line;
  }
}

/** What it was told: `word` and its arguments. */
export function told() {
  const [word = '', ...args] = line.split(' ');
  return { word, args };
}

const stillTold = (word) => read().startsWith(word);
const number = (args, index, otherwise) => Number(args[index] ?? otherwise);
const secondsUnder = () => (performance.now() - beganMs) / 1_000;

/** Milliseconds of CPU, however long they take. */
function spin(ms) {
  const began = process.cpuUsage();
  while (process.cpuUsage(began).user < ms * 1_000);
}

/** Holds handles until `perSecond` of them are open per second under this order. */
function openHandles(perSecond) {
  while (held.length < secondsUnder() * perSecond)
    try {
      held.push(openSync(import.meta.filename, 'r'));
    } catch (error) {
      console.error(`${error.name}: ${error.message}`);
      return;
    }
}

function keep(bytes) {
  held.push(Buffer.alloc(bytes, held.length % 250));
}

/** By word: what is done at once, and what is done again with every tick. */
const begins = {
  throw: () => process.nextTick(() => defects[Number(told().args[0] ?? 0) % defects.length]()),
  grab: (args) => {
    for (let mb = 0; mb < number(args, 0, 300); mb += 8) keep(8 * 2 ** 20);
  },
  hog: () => {
    while (stillTold('hog')) spin(100);
  },
  lock: () => {
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (stillTold('lock')) Atomics.wait(never, 0, 0, 200);
  },
  children: (args) => {
    const script = `i=0; while [ $i -lt ${number(args, 0, 40)} ]; do sleep 0.01 & i=$((i+1)); done
exec sleep 86400`;
    spawn('/bin/sh', ['-c', script], { stdio: 'ignore' });
  },
  hold: ([path, mb]) => {
    const handle = openSync(path, 'w');
    unlinkSync(path);
    try {
      for (let kib = 0; kib < Number(mb) * 1_024; kib += 64)
        writeSync(handle, Buffer.alloc(65_536, 7));
    } catch (error) {
      console.error(`${error.name}: ${error.message}`);
    }
    held.push(handle);
  },
};
const ticks = {
  leak: (args) => keep(Math.round(number(args, 0, 4) * 2 ** 20 * (tickMs / 1_000))),
  handles: (args) => openHandles(number(args, 0, 5)),
  burn: (args) => spin(number(args, 0, 0.9) * number(args, 1, 500)),
  flood: (args) => {
    const text = args.slice(1).join(' ');
    for (let count = number(args, 0, 2_000) * (tickMs / 1_000); count > 0; count -= 1)
      console.log(text);
  },
};

const defects = [
  () => undefined.total,
  () => JSON.parse('{"items": [1, 2'),
  () => [].reduce((sum, one) => sum + one),
  () => 'ab'.repeat(-1),
  () => null.entries(),
  () => BigInt(1.5),
];

function obey() {
  const now = read();
  if (now !== line) {
    line = now;
    beganMs = performance.now();
    if (line === '') release();
    const { word, args } = told();
    begins[word]?.(args);
  }
  const { word, args } = told();
  ticks[word]?.(args);
  setTimeout(obey, word === 'burn' ? 20 : tickMs).unref();
}

/** What can be given back is: handles at once, memory when it is collected. */
function release() {
  for (const one of held) if (typeof one === 'number') closeSync(one);
  held.length = 0;
}

/** Not answering, or answering the health check wrongly, happens where connections arrive. */
function swallow(prototype, event, refuse) {
  const emit = prototype.emit;
  prototype.emit = function emitUnlessTold(name, ...args) {
    if (name === event && refuse(args)) return true;
    return emit.call(this, name, ...args);
  };
}

swallow(Server.prototype, 'connection', () => told().word === 'mute');
swallow(HttpServer.prototype, 'request', ([request, response]) => {
  const { word, args } = told();
  if (word === 'mute') return true;
  if (word !== 'ill' || !request.url.startsWith(args[0])) return false;
  response.writeHead(Number(args[1] ?? 500), { 'content-type': 'text/plain' });
  response.end(`${args.slice(2).join(' ')}\n`);
  return true;
});

if (told().word === 'stuck' || read().startsWith('stuck')) line = read();
const { fetch } = globalThis;
/** A call that nobody answers, over a connection that stays open. */
const silence = () => new Promise(() => setInterval(() => {}, 1e9));
globalThis.fetch = (...args) => (told().word === 'stuck' ? silence() : fetch(...args));

obey();
