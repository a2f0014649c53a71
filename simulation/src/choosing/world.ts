/**
 * A small world in which remedies either help or do not: ten causes, five actions, and chances that
 * only the world knows. Half-way it changes for half of the causes, and nobody is told.
 *
 * As in the design's table of fault classes, each cause has one right remedy that nearly always
 * helps, one that sometimes does, and three that rarely do and may harm. The author of the runbooks
 * knew the first half of the world fairly well. Most diagnoses are plain, some are doubtful; each
 * is right as often as it says, 85 % over all.
 */
import type { DiagnosisClass } from '@fettle/core/loop/diagnose/diagnosis';
import { createDice, type Dice } from '../dice.ts';

export const causes = [
  'bad_config',
  'config_drift',
  'crash_loop',
  'cpu_own_hot_loop',
  'fd_leak',
  'gray_failure',
  'mem_leak',
  'overload_retry_storm',
  'pool_leak',
  'worker_stuck',
] as const satisfies readonly DiagnosisClass[];

/** Cheapest first; all can be taken back, so that none needs a person. Seconds, usually. */
export const actions = [
  { name: 'service.start', usualS: 20 },
  { name: 'process.renice', usualS: 45 },
  { name: 'config.restore', usualS: 90 },
  { name: 'config.rollback', usualS: 180 },
  { name: 'service.scale', usualS: 360 },
] as const;

/** By cause, then by action. */
type Chances = readonly (readonly Readonly<{ cures: number; harms: number }>[])[];

export type World = Readonly<{
  seed: number;
  before: Chances;
  after: Chances;
  /** The author's guess of each action's success, by cause. */
  guesses: readonly (readonly number[])[];
}>;

export type SimulatedIncident = Readonly<{
  cause: number;
  /** The diagnosis, which may be another cause. */
  stated: number;
  confidence: number;
  /** For each action, drawn ahead: whoever tries it meets the same fate. */
  fates: readonly Readonly<{ cures: boolean; harms: boolean; durationS: number }>[];
  /** For whatever else is drawn. */
  draw: number;
}>;

/** Largest error of the author's guesses; small ones are likelier. */
const guessError = 0.3;
/** 0.7 * 0.96 + 0.3 * 0.6 = 0.85: 15 % of the diagnoses are wrong. */
const plain = { share: 0.7, from: 0.92, to: 1 } as const;
const doubtful = { from: 0.5, to: 0.7 } as const;

/** `drift`: share of the causes whose remedies change half-way. */
export function createWorld(seed: number, drift: number): World {
  const dice = createDice(`choosing-world-${seed}`);
  const before = drawChances(dice);
  const guesses = before.map((row) =>
    row.map(({ cures }) => clamp(cures + guessError * (dice.next() + dice.next() - 1))),
  );
  const anew = drawChances(dice);
  const after = before.map((row, cause) => (dice.chance(drift) ? anew[cause]! : row));
  return { seed, before, after, guesses };
}

function drawChances(dice: Dice): Chances {
  return causes.map(() => {
    const right = dice.int(0, actions.length - 1);
    const half = (right + dice.int(1, actions.length - 1)) % actions.length;
    return actions.map((_, action) => {
      if (action === right) return { cures: between(dice, 0.9, 0.99), harms: 0.01 };
      if (action === half) return { cures: between(dice, 0.2, 0.5), harms: 0.03 };
      return { cures: between(dice, 0, 0.05), harms: between(dice, 0.02, 0.12) };
    });
  });
}

export function drawIncidents(world: World, count: number): readonly SimulatedIncident[] {
  const dice = createDice(`choosing-incidents-${world.seed}`);
  return Array.from({ length: count }, (_, index) => {
    const chances = index < count / 2 ? world.before : world.after;
    const cause = dice.int(0, causes.length - 1);
    const { from, to } = dice.chance(plain.share) ? plain : doubtful;
    const confidence = between(dice, from, to);
    const other = (cause + dice.int(1, causes.length - 1)) % causes.length;
    return {
      cause,
      stated: dice.chance(confidence) ? cause : other,
      confidence,
      fates: actions.map(({ usualS }, action) => {
        const { cures, harms } = chances[cause]![action]!;
        const isHarm = dice.chance(harms);
        const durationS = usualS * between(dice, 0.6, 1.4);
        return { cures: dice.chance(cures) && !isHarm, harms: isHarm, durationS };
      }),
      draw: dice.next(),
    };
  });
}

function between(dice: Dice, from: number, to: number): number {
  return from + (to - from) * dice.next();
}

function clamp(chance: number): number {
  return Math.min(0.98, Math.max(0.02, chance));
}
