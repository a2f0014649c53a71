/**
 * Kills the controller or the supervisor (SIGKILL) between any two steps of a runbook, and counts
 * the effects from outside: at most one per idempotency key, nothing half done, what cannot be
 * proven given to a person. `node tools/run.mjs e2e/drills/durable.ts [rounds] [seed]`
 */
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { RunDocument, RunsDocument } from '@fettle/sdk/api/incidents';
import { roughStack, type RoughStack } from '../robustness/rough-stack.ts';
import { rollDice } from './dice.ts';
import { comesTrue, pause, until } from './drill-stack.ts';
import { loopClient, type LoopClient } from './loop-client.ts';

export type KillRound = Readonly<{
  victim: 'controller' | 'supervisor';
  /** Attempts that the run had when it was struck. */
  struckAt: number;
  outcome: string;
  /** State of each attempt at the end, `service.restart done`. */
  attempts: readonly string[];
  escalated: boolean;
  violations: readonly string[];
}>;

const services = ['first', 'second', 'third'] as const;
const endMs = 90_000;

/** Each start of a service writes one line, so that starts can be counted. */
const config = `name: durable
heal:
  autonomy: full
  cooldown: 0s
  manual: 0s
  self_inflicted: 0s
  max_runs: { count: 100, per: 1h }
  block: { failures: 100, for: 1m }
  chronic: { heals: 100, within: 1h }
services:
${services
  .map(
    (name) =>
      `  ${name}: { command: [/bin/sh, -c, "echo $$$$ >> starts-${name}; exec sleep 100000"] }`,
  )
  .join('\n')}
`;

const runbook = (port: number): string => `name: walk
description: Five steps, each of which can be counted from outside.
diagnosis: hang
risk: { base: low }
steps:
  one: { action: service.restart, with: { target: first, grace: 1s }, timeout: 15s, then: two }
  two: { action: http.call, with: { url: 'http://127.0.0.1:${port}/two' }, timeout: 5s, then: three }
  three: { action: service.restart, with: { target: second, grace: 1s }, timeout: 15s, then: four }
  four: { action: http.call, with: { url: 'http://127.0.0.1:${port}/four' }, timeout: 5s, then: five }
  five: { action: service.restart, with: { target: third, grace: 1s }, timeout: 15s }
limits: { cooldown: 1s, max_runs: { count: 100, per: 1h }, max_targets: 3 }
verify: { settle: 1s, window: 2s, require: ['true'] }
`;

type Counter = Readonly<{ port: number; calls: readonly string[]; server: Server }>;

/** Where the calls of the runbook arrive: their keys, in order. Slow, so that kills fall into one. */
async function openCounter(): Promise<Counter> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(String(request.headers['idempotency-key'] ?? 'none'));
    setTimeout(() => response.writeHead(204).end(), 150);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening', { signal: AbortSignal.timeout(5_000) });
  return { port: (server.address() as AddressInfo).port, calls, server };
}

type Scene = Readonly<{ stack: RoughStack; counter: Counter; loop: LoopClient }>;

const startsOf = ({ stack }: Scene, name: string): number => {
  const file = join(stack.dir, `starts-${name}`);
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
};

async function newestRun({ loop }: Scene, known: ReadonlySet<string>): Promise<RunDocument | null> {
  const { runs } = await loop.read<RunsDocument>('/api/v1/runs');
  return runs.find((run) => !known.has(run.id) && run.runbook === 'walk') ?? null;
}

/** All services up, each with one process, and ready. */
async function whole({ stack }: Scene): Promise<boolean> {
  const { services: rows } = await stack.status();
  return rows.every(({ state, pid }) => state === 'ok' && pid !== null);
}

async function oneRound(
  scene: Scene,
  victim: KillRound['victim'],
  { strikeAt, delayMs }: Readonly<{ strikeAt: number; delayMs: number }>,
): Promise<KillRound> {
  const { stack, loop, counter } = scene;
  await until('a whole stack', () => whole(scene), 30_000);
  const known = new Set((await loop.read<RunsDocument>('/api/v1/runs')).runs.map(({ id }) => id));
  const before = {
    starts: services.map((name) => startsOf(scene, name)),
    calls: counter.calls.length,
  };
  const asked = await stack.fettle('runbooks', 'run', 'walk', '--target', 'first');
  if (asked.code !== 0) throw new RangeError(`runbooks run: ${asked.out}${asked.err}`);
  const struck = await until(
    'the step to strike at',
    async () => {
      const run = await newestRun(scene, known);
      return run !== null && (run.attempts.length >= strikeAt || run.phase === 'ended')
        ? run
        : null;
    },
    endMs,
  );
  await pause(delayMs);
  process.kill(victim === 'controller' ? stack.controllerPid() : stack.supervisorPid(), 'SIGKILL');
  // The supervisor restarts the controller; who starts the supervisor again is the user.
  if (victim === 'supervisor') await stack.fettle('up', '-d');
  const ended = await comesTrue(
    async () => (await newestRun(scene, known))?.phase === 'ended',
    endMs,
  );
  await comesTrue(() => whole(scene), 20_000);
  const run = await newestRun(scene, known);
  const incident = (await loop.incidents()).find(({ id }) => id === run?.incident);
  const escalated = incident?.escalated ?? false;
  const violations = [
    ...(ended === null ? [`the run did not end: ${run?.phase} ${run?.step}`] : []),
    ...(await violationsOf(scene, { run, before, escalated })),
  ];
  for (const open of await loop.incidents())
    if (open.state !== 'resolved') await stack.fettle('incidents', 'resolve', open.id);
  return {
    victim,
    struckAt: struck.attempts.length,
    outcome: run?.outcome?.kind ?? 'none',
    attempts: (run?.attempts ?? []).map(({ action, target, state }) =>
      `${action} ${target} ${state}`.replace('  ', ' '),
    ),
    escalated,
    violations,
  };
}

type Ledger = Readonly<{
  run: RunDocument | null;
  before: Readonly<{ starts: readonly number[]; calls: number }>;
  escalated: boolean;
}>;

async function violationsOf(scene: Scene, { run, before, escalated }: Ledger): Promise<string[]> {
  const found: string[] = [];
  if (run === null) return ['the run was lost'];
  for (const [index, name] of services.entries()) {
    const starts = startsOf(scene, name) - (before.starts[index] ?? 0);
    const asked = run.attempts.filter(
      ({ action, target }) => action === 'service.restart' && target === name,
    ).length;
    if (starts > asked) found.push(`${name} started ${starts} times for ${asked} attempts`);
    const done = run.attempts.some(({ target, state }) => target === name && state === 'done');
    if (done && starts === 0) found.push(`${name} was restarted by word only`);
  }
  const calls = scene.counter.calls.slice(before.calls);
  if (new Set(calls).size !== calls.length) found.push(`a key came twice: ${calls.join(', ')}`);
  if (calls.includes('none')) found.push('a call without a key');
  const open = run.attempts.filter(({ state }) => state === 'started' || state === 'undoing');
  if (open.length > 0) found.push(`half done: ${open.map(({ action }) => action).join(', ')}`);
  const unproven = run.attempts.some(({ state }) => state === 'unknown');
  if (unproven && !escalated) found.push('an unproven step that nobody was told of');
  if (!(await whole(scene))) found.push('a service is not up');
  return found;
}

export async function killBetweenSteps(
  rounds: number,
  seed: string,
  tell: (round: KillRound, index: number) => void = () => {},
): Promise<readonly KillRound[]> {
  const dice = rollDice(seed);
  const counter = await openCounter();
  const stack = roughStack({ 'fettle.yaml': config });
  stack.makeFolder('runbooks');
  stack.write('runbooks/walk.yaml', runbook(counter.port));
  const results: KillRound[] = [];
  try {
    await stack.fettle('up', '-d', '--wait');
    const { daemonFile } = stack.paths();
    const url = (): string | null =>
      (JSON.parse(readFileSync(daemonFile, 'utf8')) as { url: string | null }).url;
    const scene: Scene = { stack, counter, loop: loopClient(url) };
    for (let index = 0; index < rounds; index += 1) {
      const victim = index % 2 === 0 ? 'controller' : 'supervisor';
      const strike = { strikeAt: dice.between(0, 5), delayMs: dice.between(0, 400) };
      const result = await oneRound(scene, victim, strike);
      results.push(result);
      tell(result, index);
    }
    return results;
  } finally {
    counter.server.close();
    await stack.remove();
  }
}

async function main(rounds: number, seed: string): Promise<void> {
  const results = await killBetweenSteps(rounds, seed, (round, index) => {
    const { victim, struckAt, outcome, attempts, escalated, violations } = round;
    const states = attempts.map((text) => text.split(' ').at(-1)).join(' ');
    const end = `${outcome}${escalated ? ', given to a person' : ''}`;
    const bad = violations.map((text) => `  ✕ ${text}`).join('');
    console.log(
      `round ${index + 1}  ${victim} killed after ${struckAt} steps: ${end}; ${states}${bad}`,
    );
  });
  const violations = results.flatMap((round) => round.violations);
  console.log(`${results.length} rounds, ${violations.length} violations`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename)
  await main(Number(process.argv[2] ?? 20), process.argv[3] ?? '7');
