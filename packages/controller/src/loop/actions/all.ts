/** Every action that this controller can carry out, by name. */
import type { Action } from './action.ts';
import { configRestore, configRollback } from './config-restore.ts';
import { processSignal } from './process-signal.ts';
import { serviceRestart } from './service-restart.ts';
import { serviceStart } from './service-start.ts';

export const allActions: readonly Action[] = [
  serviceStart,
  serviceRestart,
  processSignal,
  configRestore,
  configRollback,
];
