/**
 * What the switches `self_healing.error_collection` and `.monitoring` keep from the loop, service by
 * service: log lines and reported errors by the one, figures and connections by the other. What
 * should run, what does, and its checks always come through: supervision is not switched off here.
 */
import type { Observation } from '@fettle/core/loop/collect/observation';

export type CollectFlag = 'error_collection' | 'monitoring';
export type IsOn = (flag: CollectFlag, service: string) => boolean;

/** null: nothing of it may pass. */
export function passGate(observation: Observation, isOn: IsOn): Observation | null {
  switch (observation.kind) {
    case 'lines':
    case 'error-reported':
      return isOn('error_collection', observation.service) ? observation : null;
    case 'sampled': {
      const samples = observation.samples.filter(({ subject }) => isOn('monitoring', subject));
      // Without figures it still tells that time went on.
      return { ...observation, samples };
    }
    case 'connections': {
      const edges = observation.edges.filter(({ service }) => isOn('monitoring', service));
      return edges.length === 0 ? null : { ...observation, edges };
    }
    default:
      return observation;
  }
}
