/** Plays the same incidents with each strategy and adds up what they cost. */
import type { Forecast } from '@fettle/core/knowledge/calibration';
import type { LoopStrategy } from './loop-strategy.ts';
import type { Strategy, Tried } from './strategy.ts';
import type { SimulatedIncident } from './world.ts';

/** Seconds of harmed time. */
const personS = 1_800;
const harmS = 900;

export type Tally = Readonly<{
  name: string;
  incidents: number;
  /** Mean seconds per incident: all, before the change, after it, and of the first hundred. */
  mean: number;
  before: number;
  after: number;
  early: number;
  curedRatio: number;
  harms: number;
}>;

export type Played = Readonly<{ costs: readonly number[]; cured: number; harms: number }>;

export function play(strategy: Strategy, incidents: readonly SimulatedIncident[]): Played {
  const costs: number[] = [];
  let [cured, harms] = [0, 0];
  for (const incident of incidents) {
    const tried: Tried[] = [];
    let costS = 0;
    for (;;) {
      const action = strategy.choose(incident, tried);
      if (action === null) {
        costS += personS;
        break;
      }
      const fate = incident.fates[action]!;
      costS += fate.durationS + (fate.harms ? harmS : 0);
      if (fate.harms) harms += 1;
      const attempt = { action, cured: fate.cures, harmed: fate.harms, durationS: fate.durationS };
      tried.push(attempt);
      strategy.learn(incident, attempt);
      if (!fate.cures) continue;
      cured += 1;
      break;
    }
    costs.push(costS);
  }
  return { costs, cured, harms };
}

export type Heard = Readonly<{
  /** All candidates' odds at each incident's first plan, against what they would have done. */
  candidates: readonly Forecast[];
  attempts: readonly Forecast[];
}>;

export function forecastsOf(
  strategy: LoopStrategy,
  incidents: readonly SimulatedIncident[],
): Heard {
  const candidates: Forecast[] = [];
  const attempts: Forecast[] = [];
  const listening: Strategy = {
    ...strategy,
    choose(incident, tried) {
      const action = strategy.choose(incident, tried);
      if (tried.length > 0) return action;
      const { fates } = incident as SimulatedIncident;
      for (const [candidate, odds] of strategy.firstRanking())
        candidates.push({ odds, cured: fates[candidate]!.cures });
      return action;
    },
    learn(incident, tried) {
      strategy.learn(incident, tried);
      attempts.push({ odds: strategy.lastOdds(), cured: tried.cured });
    },
  };
  play(listening, incidents);
  return { candidates, attempts };
}

export function tally(name: string, games: readonly Played[]): Tally {
  const all = games.flatMap(({ costs }) => costs);
  const part = (of: (costs: readonly number[]) => readonly number[]) =>
    mean(games.flatMap(({ costs }) => of(costs)));
  const sum = (of: (game: Played) => number) => games.reduce((total, game) => total + of(game), 0);
  return {
    name,
    incidents: all.length,
    mean: mean(all),
    before: part((costs) => costs.slice(0, costs.length / 2)),
    after: part((costs) => costs.slice(costs.length / 2)),
    early: part((costs) => costs.slice(0, 100)),
    curedRatio: sum(({ cured }) => cured) / all.length,
    harms: sum(({ harms }) => harms),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
