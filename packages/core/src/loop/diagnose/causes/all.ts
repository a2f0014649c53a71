/** Every cause that "why" can name. Of two equally certain ones the earlier speaks. */
import type { Rule } from '../rule.ts';
import { codeCauses } from './code.ts';
import { databaseCauses } from './database.ts';
import { engineCauses } from './engine.ts';
import { exitCauses } from './exits.ts';
import { healthCauses } from './health.ts';
import { lifecycleCauses } from './lifecycle.ts';
import { memoryCauses } from './memory.ts';
import { missingCauses } from './missing.ts';
import { networkCauses } from './network.ts';
import { portCauses } from './port.ts';
import { resourceCauses } from './resources.ts';
import { signalCauses } from './signals.ts';

export const allCauses: readonly Rule[] = [
  ...portCauses,
  ...engineCauses,
  ...memoryCauses,
  ...missingCauses,
  ...databaseCauses,
  ...networkCauses,
  ...resourceCauses,
  ...codeCauses,
  ...signalCauses,
  ...healthCauses,
  ...lifecycleCauses,
  ...exitCauses,
];
