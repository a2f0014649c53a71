/**
 * The comparison itself: the same worlds and incidents for a fixed ladder, the author's ranking and
 * the loop, and whether the loop keeps its word.
 */
import {
  brierScore,
  brierSkill,
  reliabilityTable,
  type Forecast,
  type Reliability,
} from '@fettle/core/knowledge/calibration';
import type { Flags } from '@fettle/core/loop/plan/flags';
import { loopStrategy } from './loop-strategy.ts';
import { forecastsOf, play, tally, type Tally } from './play.ts';
import { authorsRanking, fixedLadder, type Strategy } from './strategy.ts';
import { createWorld, drawIncidents, type World } from './world.ts';

export type CompareOptions = Readonly<{
  worlds: number;
  incidents: number;
  /** Share of the causes whose remedies change half-way. */
  drift: number;
  /** Switches of the loop that differ from all on. */
  flags?: Partial<Flags>;
}>;

export type Calibration = Readonly<{
  count: number;
  brier: number;
  skill: number;
  table: readonly Reliability[];
}>;

export type Comparison = Readonly<{
  ladder: Tally;
  author: Tally;
  loop: Tally;
  /** 0.1: the loop's mean cost is 10 % below. */
  underLadder: number;
  underAuthor: number;
  /** Odds of every candidate at each incident's first plan, against what each would have done. */
  candidates: Calibration;
  /** Odds of what was tried, at each try. */
  attempts: Calibration;
  kept: boolean;
}>;

const least = { saving: 0.1, skill: 0.3 } as const;

export function compare({ worlds, incidents, drift, flags = {} }: CompareOptions): Comparison {
  const games = Array.from({ length: worlds }, (_, index) => {
    const world = createWorld(index + 1, drift);
    return { world, incidents: drawIncidents(world, incidents) };
  });
  const run = (make: (world: World) => Strategy) => {
    const played = games.map((game) => play(make(game.world), game.incidents));
    return tally(make(games[0]!.world).name, played);
  };
  const heard = games.map((game) => forecastsOf(loopStrategy(game.world, flags), game.incidents));
  const ladder = run(fixedLadder);
  const author = run(authorsRanking);
  const loop = run((world) => loopStrategy(world, flags));
  const underLadder = 1 - loop.mean / ladder.mean;
  const underAuthor = 1 - loop.mean / author.mean;
  const candidates = calibrationOf(heard.flatMap((one) => one.candidates));
  const attempts = calibrationOf(heard.flatMap((one) => one.attempts));
  const isCheaper = Math.min(underLadder, underAuthor) >= least.saving;
  return {
    ladder,
    author,
    loop,
    underLadder,
    underAuthor,
    candidates,
    attempts,
    kept: isCheaper && Math.min(candidates.skill, attempts.skill) >= least.skill,
  };
}

function calibrationOf(forecasts: readonly Forecast[]): Calibration {
  return {
    count: forecasts.length,
    brier: brierScore(forecasts) ?? 1,
    skill: brierSkill(forecasts) ?? 0,
    table: reliabilityTable(forecasts),
  };
}
