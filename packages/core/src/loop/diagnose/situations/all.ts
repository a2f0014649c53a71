/** Every situation of the table, by family. */
import { bridgeSituations } from './bridge.ts';
import { configSituations } from './config.ts';
import { dependencySituations } from './dependency.ts';
import { healthSituations } from './health.ts';
import { linkSituations } from './link.ts';
import { loadSituations } from './load.ts';
import { machineSituations } from './machine.ts';
import { networkSituations } from './network.ts';
import { portSituations } from './port.ts';
import { processSituations } from './process.ts';
import type { SituationCase } from './situation-case.ts';

export const allSituations: readonly SituationCase[] = [
  ...processSituations,
  ...portSituations,
  ...healthSituations,
  ...configSituations,
  ...dependencySituations,
  ...networkSituations,
  ...linkSituations,
  ...machineSituations,
  ...loadSituations,
  ...bridgeSituations,
];
