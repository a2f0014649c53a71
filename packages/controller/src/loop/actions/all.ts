/** Every action that this controller can carry out, by name. */
import type { Action } from './action.ts';
import { bridgeReconnect } from './bridge-reconnect.ts';
import { certRenew } from './cert-renew.ts';
import { checkSilence } from './check-silence.ts';
import { configApply } from './config-apply.ts';
import { configRestore, configRollback } from './config-restore.ts';
import { bridgeResync, configSync } from './config-sync.ts';
import { dbTerminateSessions } from './db-terminate-sessions.ts';
import { depsRestore } from './deps-restore.ts';
import { diskReclaim } from './disk-reclaim.ts';
import { execScript } from './exec-script.ts';
import { httpCall } from './http-call.ts';
import { jobQuarantine } from './job-quarantine.ts';
import { lackingActions } from './lacking.ts';
import { logsRateLimit } from './logs-rate-limit.ts';
import { logsRotate } from './logs-rotate.ts';
import { portReassign } from './port-reassign.ts';
import { processKill } from './process-kill.ts';
import { processRenice } from './process-renice.ts';
import { processSignal } from './process-signal.ts';
import { secretReload } from './secret-reload.ts';
import { serviceReload } from './service-reload.ts';
import { serviceRestart } from './service-restart.ts';
import { serviceScale } from './service-scale.ts';
import { serviceStart } from './service-start.ts';
import { serviceStop } from './service-stop.ts';
import { wait } from './wait.ts';
import { wordsActions } from './words.ts';

export const allActions: readonly Action[] = [
  serviceStart,
  serviceStop,
  serviceRestart,
  serviceScale,
  serviceReload,
  processSignal,
  processKill,
  processRenice,
  configApply,
  configRollback,
  configRestore,
  configSync,
  secretReload,
  depsRestore,
  portReassign,
  checkSilence,
  jobQuarantine,
  logsRotate,
  logsRateLimit,
  diskReclaim,
  dbTerminateSessions,
  certRenew,
  bridgeReconnect,
  bridgeResync,
  execScript,
  httpCall,
  wait,
  ...wordsActions,
  ...lackingActions,
];
