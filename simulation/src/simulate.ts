/** One simulated life of a stack: hours of trouble, broken by calm in which all must become well. */
import { step } from '@fettle/core/supervise/step';
import { createObserver, type Rule, type Violation } from './checkers.ts';
import { createDice } from './dice.ts';
import { createDigest, digestText } from './digest.ts';
import { attachController, connect } from './fake-controller.ts';
import { createWorld } from './fake-process.ts';
import { createShell, startDaemon, take, type FakeShell, type Policy } from './fake-shell.ts';
import { calm, revive, unleash, type Troubles } from './faults.ts';
import { randomStack } from './random-stack.ts';
import { createClock, plan, runNext } from './virtual-clock.ts';
import { createWishes } from './wishes.ts';

export type SimulationOptions = Readonly<{ seed: number; hours: number; policy?: Policy }>;

export type SimulationResult = Readonly<{
  seed: number;
  hours: number;
  digest: string;
  services: number;
  events: number;
  effects: number;
  daemons: number;
  violations: readonly Violation[];
}>;

const HOUR_MS = 3_600_000;
const TROUBLE_MS = 2 * HOUR_MS;
/** The promise: well again within five minutes after the last fault. */
const CALM_MS = 5 * 60_000;
/** A broken policy would fill the memory with reports. */
const VIOLATIONS_KEPT = 20;

export function simulate({ seed, hours, policy = step }: SimulationOptions): SimulationResult {
  const dice = createDice(`fettle-${seed}`);
  const clock = createClock();
  const world = createWorld(clock, dice);
  const violations: Violation[] = [];
  const report = (rule: Rule, text: string) => {
    if (violations.length < VIOLATIONS_KEPT) violations.push({ rule, atMs: clock.nowMs, text });
  };
  const observer = createObserver(report);
  const stack = randomStack(dice);
  const shell = createShell({ world, policy, observer, digest: createDigest(), stack });
  const controller = attachController(shell);
  const wishes = createWishes(shell);
  const troubles: Troubles = { shell, controller, wishes };
  const endMs = clock.nowMs + hours * HOUR_MS;
  startDaemon(shell);
  connect(shell, controller);
  unleash(troubles);
  wishes.begin();
  watchStops(troubles, report);
  while (clock.nowMs < endMs && violations.length === 0) {
    world.troubled = true;
    runUntil(shell, Math.min(clock.nowMs + TROUBLE_MS, endMs));
    beWell(troubles);
    runUntil(shell, clock.nowMs + CALM_MS);
    checkHealth(shell, report);
  }
  if (violations.length === 0) goDown(shell, report);
  return {
    seed,
    hours,
    digest: digestText(shell.digest),
    services: stack.services.length,
    events: shell.events,
    effects: shell.effects,
    daemons: shell.generation,
    violations,
  };
}

function runUntil(shell: FakeShell, untilMs: number): void {
  const { clock } = shell.world;
  while (runNext(clock, untilMs));
}

function beWell(troubles: Troubles): void {
  const { shell } = troubles;
  calm(troubles);
  shell.diesAfter = null;
  if (shell.state === null) revive(troubles);
  troubles.wishes.wantAll();
}

/** The truth of the machine first, what the policy says of it second. */
function checkHealth(shell: FakeShell, report: (rule: Rule, text: string) => void): void {
  if (shell.state === null) return report('healthy-after-faults', 'the daemon is dead');
  const living = new Set<string>();
  for (const process of shell.world.processes.values()) {
    if (process.alive && (process.ready || process.oneShot)) living.add(process.instance);
  }
  for (const instance of shell.state.instances.values()) {
    const { definition } = instance.service;
    const isDone = instance.phase === 'idle' && instance.rest === 'done';
    const isUp = living.has(instance.id) && instance.phase === 'up' && instance.ready;
    const isWell = definition.oneShot
      ? isDone
      : (isUp && !instance.crashLoop) || (definition.external && instance.ready);
    if (isWell) continue;
    const waits = instance.waitingFor.map(({ service }) => service).join(' ');
    const facts = `${instance.phase} ${instance.rest} loop=${instance.crashLoop} [${waits}]`;
    report('healthy-after-faults', `${instance.id} ${facts} alive=${living.has(instance.id)}`);
  }
}

/** After grace, the kill that follows and a dead daemon's absence, nothing stopped may live. */
const STOP_BOUND_MS = 60_000;
const LOOK_MS = 30_000;

function watchStops({ shell, wishes }: Troubles, report: (rule: Rule, text: string) => void): void {
  const { world } = shell;
  let upSinceMs = world.clock.nowMs;
  let lastGeneration = shell.generation;
  plan(world.clock, LOOK_MS, function look() {
    if (shell.state === null || shell.generation !== lastGeneration) {
      lastGeneration = shell.generation;
      upSinceMs = world.clock.nowMs;
    }
    for (const process of world.processes.values()) {
      const stoppedMs = wishes.stopped.get(process.service);
      if (!process.alive || stoppedMs === undefined) continue;
      const chainMs = STOP_BOUND_MS + shell.stack.services.length * 15_000;
      if (world.clock.nowMs - Math.max(stoppedMs, upSinceMs) > chainMs) {
        report('stopped-stays-stopped', `${process.instance} ${process.token} lives`);
      }
    }
    plan(world.clock, LOOK_MS, look);
  });
}

/** `down` ends everything, the controller too, and says so. */
function goDown(shell: FakeShell, report: (rule: Rule, text: string) => void): void {
  const { world } = shell;
  take(shell, { kind: 'command-given', command: 'down', services: [], actor: 'person' });
  runUntil(shell, world.clock.nowMs + CALM_MS);
  const living = [...world.processes.values()].filter(
    ({ alive, childAlive }) => alive || childAlive,
  );
  for (const { token, instance, alive } of living) {
    report('down-ends', `${instance} ${token} lives after down, itself: ${alive}`);
  }
  if (!shell.halted) report('down-ends', 'the daemon did not end');
}
