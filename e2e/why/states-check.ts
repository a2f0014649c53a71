/** Services that do not die and are not well either: what `fettle status --json` says of them. */
import { fettle, untilTold, writeStack } from './stack.ts';
import { fitsWish, verdictsOf, type Verdict, type Wish } from './stack-check.ts';
import type { World } from './world.ts';

type Case = Wish & Readonly<{ definition: object }>;

const answer = (status: number, body: string): readonly string[] => [
  'node',
  '-e',
  `require('http').createServer((_q, a) => { a.statusCode = ${status}; a.end('${body}') })` +
    '.listen(process.env.PORT, process.env.HOST)',
];
/** Quick to fail, so that the check need not wait. */
const health = { interval: '500ms', timeout: '500ms', retries: 2, start_period: '0s' };
const unwell = /^(?:starting|failing|healing|crash-loop)$/;

const cases: Readonly<Record<string, Case>> = {
  fine: {
    definition: { command: answer(200, 'ok'), port: 'auto', health: { http: '/', ...health } },
    states: /^ok$/,
    sentence: null,
  },
  'answers-503': {
    definition: {
      command: answer(503, 'no database'),
      port: 'auto',
      health: { http: '/', role: 'readiness', ...health },
    },
    states: unwell,
    sentence: /HTTP 503/,
  },
  elsewhere: {
    definition: {
      command: ['node', '-e', "require('http').createServer().listen(0, '127.0.0.1')"],
      port: 'auto',
      health: { http: '/', role: 'readiness', ...health },
    },
    states: unwell,
    sentence: /listens on \d+ but was given \d+: it does not honour PORT/,
  },
  'never-listens': {
    definition: {
      command: ['node', '-e', 'setInterval(() => {}, 1000)'],
      port: 'auto',
      health: { tcp: true, role: 'readiness', ...health },
    },
    states: unwell,
    sentence: /does not listen on port \d+/,
  },
  silent: {
    definition: {
      command: [
        'node',
        '-e',
        "require('net').createServer().listen(process.env.PORT, '127.0.0.1')",
      ],
      port: 'auto',
      health: { http: '/', role: 'readiness', ...health },
    },
    states: unwell,
    sentence: /has not given an answer to check health/,
  },
  'no-heartbeat': {
    definition: {
      command: ['node', '-e', 'setInterval(() => {}, 1000)'],
      health: { heartbeat: true, role: 'readiness', every: '1s', grace: '500ms', ...health },
    },
    states: unwell,
    sentence: /heartbeat/,
  },
  'missing-program': {
    definition: { command: ['no-such-program', '--port', '1'] },
    states: unwell,
    sentence: /no-such-program not found: it is not on the PATH/,
  },
  waits: {
    definition: {
      command: answer(200, 'ok'),
      port: 'auto',
      depends_on: { 'answers-503': { condition: 'service_healthy' } },
    },
    states: /^(?:starting|affected)$/,
    sentence: /waits for answers-503 to be healthy; answers-503: .*HTTP 503/,
  },
  affected: {
    definition: {
      command: answer(200, 'ok'),
      port: 'auto',
      depends_on: { 'missing-program': { condition: 'service_started' } },
    },
    states: /^(?:affected|starting)$/,
    sentence: /missing-program/,
  },
  'without-extra': {
    definition: {
      command: answer(200, 'ok'),
      port: 'auto',
      depends_on: { 'missing-program': { condition: 'service_started', required: false } },
    },
    states: /^degraded$/,
    sentence: /works without missing-program|needs missing-program/,
  },
  hangs: {
    definition: {
      command: [
        'node',
        '-e',
        "const began = Date.now(); require('http').createServer((_q, a) => { a.end('ok'); " +
          "if (Date.now() - began > 1500) for (;;); }).listen(process.env.PORT, '127.0.0.1')",
      ],
      port: 'auto',
      health: { http: '/', ...health },
    },
    states: /^(?:ok|starting|failing|healing|crash-loop)$/,
    sentence: /killed by Fettle because it hung: its check gave no answer; busy loop/,
  },
};

/** One stack of them all; each must have been told right once within the time. */
export async function checkStates(dir: string, world: World): Promise<readonly Verdict[]> {
  const definitions = Object.entries(cases).map(([name, { definition }]) => [name, definition]);
  writeStack(dir, [], world, Object.fromEntries(definitions) as Record<string, object>);
  try {
    const up = await fettle(dir, 'up', '-d');
    const rows = await untilTold(dir, (row) => fitsWish(row, cases[row.name]), 45_000);
    return verdictsOf(rows, cases, up.stderr);
  } finally {
    await fettle(dir, 'down');
  }
}
