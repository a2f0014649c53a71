/** Every dying program. */
import type { DyingProgram } from '../dying-program.ts';
import { networkPrograms } from './network.ts';
import { ownFaultPrograms } from './own-fault.ts';
import { surroundingPrograms } from './surroundings.ts';

export const allPrograms: readonly DyingProgram[] = [
  ...networkPrograms,
  ...surroundingPrograms,
  ...ownFaultPrograms,
];
