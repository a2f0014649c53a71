/** Brings back what was kept: the loop goes on where the last controller stopped. */
import type { Kept } from '../loop-effect.ts';
import type { Counters, LoopState } from '../loop-state.ts';
import type { Forecast } from '../knowledge/calibration.ts';
import type { Classifier } from '../knowledge/classifier.ts';
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
        restoreOdds(state, body as Odds | Forecasts | Learnt);
        break;
      case 'setting':
        Object.assign(state.counters, body as Counters);
        break;
      default:
    }
  }
}

type Forecasts = Readonly<{ id: 'forecasts'; forecasts: readonly Forecast[] }>;

type Learnt = Classifier & Readonly<{ id: 'classifier' }>;

function restoreOdds({ experience, classifier }: LoopState, body: Odds | Forecasts | Learnt): void {
  if ('labels' in body) {
    Object.assign(classifier.labels, body.labels);
    classifier.bins.splice(0, Infinity, ...body.bins);
  } else if (!('forecasts' in body)) experience.arms.set(body.id, body);
  else experience.forecasts.splice(0, Infinity, ...body.forecasts);
}
