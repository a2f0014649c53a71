/**
 * Are the odds worth their name? Compares what was forecast with what came.
 *
 * The Brier score is the mean squared error of the forecasts: 0 is perfect, 0.25 is what "fifty-
 * fifty" always gets. The skill compares it with somebody who knows only how often things are cured
 * at all. Sources: Brier (1950); Murphy (1973) for the reliability table.
 */

/** `odds`: forecast of a cure, 0-1. */
export type Forecast = Readonly<{ odds: number; cured: boolean }>;

const kept = 1_000;

/** Newest last, the oldest fall away. */
export function keepForecast(forecasts: Forecast[], forecast: Forecast): void {
  forecasts.push(forecast);
  if (forecasts.length > kept) forecasts.splice(0, forecasts.length - kept);
}

/** null: nothing was forecast. */
export function brierScore(forecasts: readonly Forecast[]): number | null {
  if (forecasts.length === 0) return null;
  const errors = forecasts.map(({ odds, cured }) => (odds - Number(cured)) ** 2);
  return errors.reduce((sum, error) => sum + error, 0) / forecasts.length;
}

/** Of the newest `count`; null: there are fewer. */
export function recentBrier(forecasts: readonly Forecast[], count = 30): number | null {
  return forecasts.length < count ? null : brierScore(forecasts.slice(-count));
}

/** 1 is perfect, 0 is no better than the base rate; null: all or none were cured. */
export function brierSkill(forecasts: readonly Forecast[]): number | null {
  const score = brierScore(forecasts);
  const rate = forecasts.filter(({ cured }) => cured).length / forecasts.length;
  const ofBaseRate = rate * (1 - rate);
  return score === null || ofBaseRate === 0 ? null : 1 - score / ofBaseRate;
}

/** Forecasts between `from` and `to` (the last bin holds 1, too). */
export type Reliability = Readonly<{
  from: number;
  to: number;
  count: number;
  /** Mean odds, and the share that was cured; null: no forecast fell here. */
  odds: number | null;
  cured: number | null;
}>;

/** Well-calibrated odds of 0.7 are right seven times in ten. */
export function reliabilityTable(
  forecasts: readonly Forecast[],
  bins = 10,
): readonly Reliability[] {
  return Array.from({ length: bins }, (_, bin) => {
    const own = forecasts.filter(({ odds }) => Math.min(bins - 1, Math.floor(odds * bins)) === bin);
    const mean = (of: (forecast: Forecast) => number) =>
      own.length === 0 ? null : own.reduce((sum, one) => sum + of(one), 0) / own.length;
    return {
      from: bin / bins,
      to: (bin + 1) / bins,
      count: own.length,
      odds: mean(({ odds }) => odds),
      cured: mean(({ cured }) => Number(cured)),
    };
  });
}
