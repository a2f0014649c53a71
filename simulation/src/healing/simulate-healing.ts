/**
 * One life of the healing loop under faults, with a controller that dies between any two events.
 *
 * Checked after every answer of the step: each idempotency key has one effect, no act is asked for
 * that was not kept before, every run ends in its time, no more runs at once than the policy says.
 * Once faults stop, all is well and nothing is under way within five minutes.
 */
import type { LoopEffect } from '@fettle/core/loop-effect';
import { stepLoop } from '@fettle/core/loop-step';
import type { Runbook } from '@fettle/core/loop/plan/runbook';
import type { Run } from '@fettle/core/loop/remedy/run';
import { createDice } from '../dice.ts';
import { createClock, plan, runNext } from '../virtual-clock.ts';
import { pickFault } from './healing-faults.ts';
import { die, nowOf, revive, simulatedPolicy, take, type HealingShell } from './healing-hands.ts';
import { databaseName, healingStack } from './healing-stack.ts';
import { isServing, lookAround, openWorld, reflexOf, strike, tryAgain } from './healing-world.ts';

export type HealingOptions = Readonly<{
  seed: number;
  hours: number;
  runbooks: readonly Runbook[];
  /** Mean time between deaths of the controller; Infinity: it lives. */
  deathMs?: number;
  /** Another step than the loop's own: one that is looked at. */
  step?: typeof stepLoop;
  /** Looks at the end of it, for people. */
  onEnd?: (shell: HealingShell) => void;
}>;

export type HealingResult = Readonly<{
  seed: number;
  events: number;
  deaths: number;
  faults: number;
  incidents: number;
  runs: number;
  fixed: number;
  escalated: number;
  effects: number;
  violations: readonly string[];
  digest: string;
}>;

const hourMs = 3_600_000;
const faultEveryMs = 180_000;
const calmMs = 20 * 60_000;
const wellWithinMs = 5 * 60_000;

export function simulateHealing(options: HealingOptions): HealingResult {
  const dice = createDice(`healing-${options.seed}`);
  const clock = createClock();
  const stack = healingStack(dice);
  const violations: string[] = [];
  const shell: HealingShell = {
    clock,
    world: openWorld(stack, dice, clock.nowMs + clock.wallOffsetMs),
    runbooks: options.runbooks,
    policy: simulatedPolicy,
    kept: new Map(),
    state: null,
    life: 0,
    events: 0,
    deaths: 0,
    told: [],
    onEffects: () => undefined,
    step: options.step ?? stepLoop,
  };
  let hash = 0x811c9dc5;
  shell.onEffects = (effects) => {
    for (const effect of effects) hash = mix(hash, effect.kind, clock.nowMs);
    if (violations.length < 20) violations.push(...broken(shell, effects));
  };
  const endMs = clock.nowMs + options.hours * hourMs;
  const life = { faults: 0, struck: true };
  revive(shell);
  watch(shell);
  trouble(shell, life);
  kill(shell, options.deathMs ?? 60_000, life);
  while (runNext(clock, endMs));
  life.struck = false;
  if (shell.state === null) revive(shell);
  while (runNext(clock, endMs + calmMs));
  violations.push(...unwell(shell));
  options.onEnd?.(shell);
  return resultOf(shell, options.seed, { violations, faults: life.faults, hash });
}

/** Collectors and the loop's own clock, each second. */
function watch(shell: HealingShell): void {
  plan(shell.clock, 1_000, () => {
    const { world } = shell;
    const nowMs = nowOf(shell);
    for (const fault of world.faults.values()) {
      if (fault.endsMs !== null && nowMs >= fault.endsMs) world.faults.delete(fault.target);
      const reflex = reflexOf(world, fault, nowMs);
      if (reflex === null) continue;
      const view = world.views.get(fault.target);
      if (view !== undefined)
        take(shell, { kind: 'observed', observations: [{ kind: 'instance', view }] });
      take(shell, reflex);
    }
    const tries = world.stack.services.flatMap(({ name }) => tryAgain(world, name, nowMs));
    take(shell, { kind: 'observed', observations: [...tries, ...lookAround(world, nowMs)] });
    take(shell, { kind: 'ticked' });
    watch(shell);
  });
}

type Life = { faults: number; struck: boolean };

function trouble(shell: HealingShell, life: Life): void {
  const { world, clock } = shell;
  plan(clock, world.dice.waitMs(faultEveryMs), () => {
    if (!life.struck) return;
    const name = world.dice.pick(world.stack.services).name;
    const kind = pickFault(world.dice, name === databaseName);
    life.faults += 1;
    const observations = strike(world, kind, name, nowOf(shell));
    if (observations.length > 0) take(shell, { kind: 'observed', observations });
    trouble(shell, life);
  });
}

function kill(shell: HealingShell, meanMs: number, life: Life): void {
  if (meanMs === Infinity) return;
  const { world, clock } = shell;
  plan(clock, world.dice.waitMs(meanMs), () => {
    if (!life.struck) return;
    if (shell.state !== null) {
      die(shell);
      plan(clock, world.dice.int(100, 4_000), () => {
        if (shell.state === null) revive(shell);
      });
    }
    kill(shell, meanMs, life);
  });
}

function broken(shell: HealingShell, effects: readonly LoopEffect[]): readonly string[] {
  const found: string[] = [];
  for (const [key, count] of shell.world.effects)
    if (count > 1) found.push(`one-effect-per-key: ${key} had ${count}`);
  for (const effect of effects)
    if (effect.kind === 'act' && !isKept(shell, effect.key))
      found.push(`write-ahead: ${effect.key} was asked for before it was kept`);
  const { state } = shell;
  if (state === null) return found;
  const acting = [...state.runs.values()].filter(isActing);
  if (acting.length > shell.policy.concurrentRuns)
    found.push(`concurrency: ${acting.map(({ id }) => id).join(' ')}`);
  for (const run of acting)
    if (nowOf(shell) - run.startedMs > shell.policy.runDeadlineMs * 3)
      found.push(`every-run-ends: ${run.id} is ${run.phase}`);
  return found;
}

function isActing({ phase, actor }: Run): boolean {
  return phase !== 'ended' && phase !== 'awaiting' && actor !== 'supervisor';
}

/** An act's attempt must be on disk, as begun, before it is asked for. */
function isKept({ kept }: HealingShell, key: string): boolean {
  const run = kept.get(`run:${key.split('/')[0] ?? ''}`)?.body as Run | undefined;
  return run?.attempts.some((attempt) => attempt.key === key) === true;
}

function unwell(shell: HealingShell): readonly string[] {
  const { world, state } = shell;
  const escalated = [...(state?.incidents.values() ?? [])].filter(({ escalated: is }) => is);
  const given = new Set(escalated.flatMap(({ root, services }) => [root, ...services]));
  const ill = world.stack.services.filter(
    ({ name }) => !isServing(world, name) && !given.has(name) && !given.has(databaseName),
  );
  const runs = [...(state?.runs.values() ?? [])].filter(isActing);
  return [
    ...ill.map(({ name }) => `well-after-faults: ${name} ${world.faults.get(name)?.kind ?? ''}`),
    ...runs.map(
      ({ id, phase }) => `every-run-ends: ${id} ${phase} after ${wellWithinMs} ms of calm`,
    ),
  ];
}

function resultOf(
  shell: HealingShell,
  seed: number,
  {
    violations,
    faults,
    hash,
  }: Readonly<{ violations: readonly string[]; faults: number; hash: number }>,
): HealingResult {
  const kept = [...shell.kept.values()];
  const runs = kept.filter(({ kind }) => kind === 'run').map(({ body }) => body as Run);
  const incidents = kept.filter(({ kind }) => kind === 'incident');
  return {
    seed,
    events: shell.events,
    deaths: shell.deaths,
    faults,
    incidents: incidents.length,
    runs: runs.length,
    fixed: runs.filter(({ outcome }) => outcome?.kind === 'fixed').length,
    escalated: incidents.filter(({ body }) => (body as { escalated: boolean }).escalated).length,
    effects: shell.world.effects.size,
    violations: [...new Set(violations)],
    digest: (hash >>> 0).toString(16).padStart(8, '0'),
  };
}

/** FNV-1a over what was asked for, and when. */
function mix(hash: number, text: string, number: number): number {
  let mixed = hash;
  for (const char of `${text}${number}`)
    mixed = Math.imul(mixed ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return mixed;
}
