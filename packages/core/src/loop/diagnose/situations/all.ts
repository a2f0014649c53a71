/** Every situation of the table, by family. */
import { configSituations } from './config.ts';
import { processSituations } from './process.ts';
import type { SituationCase } from './situation-case.ts';

export const allSituations: readonly SituationCase[] = [...processSituations, ...configSituations];
