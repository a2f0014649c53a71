/** Brings back what was kept: the loop goes on where the last controller stopped. */
import type { Kept } from '../loop-effect.ts';
import type { Counters, LoopState } from '../loop-state.ts';
import type { Forecast } from '../knowledge/calibration.ts';
import type { Odds } from '../knowledge/odds.ts';
import type { Run } from '../loop/remedy/run.ts';
import type { Incident } from './incident.ts';

export function restore(state: LoopState, records: readonly Kept[]): void {
  for (const { kind, body } of records) {
    if (typeof body !== 'object' || body === null) continue;
    switch (kind) {
      case 'incident': {
        const incident = body as Incident;
        state.incidents.set(incident.id, incident);
        break;
      }
      case 'run': {
        const run = body as Run;
        state.runs.set(run.id, run);
        break;
      }
      case 'rail':
        Object.assign(state.rails, body);
        break;
      case 'odds':
        restoreOdds(state, body as Odds | Forecasts);
        break;
      case 'setting':
        Object.assign(state.counters, body as Counters);
        break;
      default:
    }
  }
}

type Forecasts = Readonly<{ id: 'forecasts'; forecasts: readonly Forecast[] }>;

function restoreOdds({ experience }: LoopState, body: Odds | Forecasts): void {
  if (!('forecasts' in body)) experience.arms.set(body.id, body);
  else experience.forecasts.splice(0, Infinity, ...body.forecasts);
}
