/** Every fault, family by family. */
import type { Fault } from '../fault.ts';
import { authSecretMismatch } from './auth-secret-mismatch.ts';
import { badConfig } from './bad-config.ts';
import { bridgeConfigMismatch } from './bridge-config-mismatch.ts';
import { bridgeExecMissing } from './bridge-exec-missing.ts';
import { bridgeHalfOpen } from './bridge-half-open.ts';
import { bridgePeerDown } from './bridge-peer-down.ts';
import { certExpired } from './cert-expired.ts';
import { configDrift } from './config-drift.ts';
import { cpuOwnHotLoop } from './cpu-own-hot-loop.ts';
import { crashLoop } from './crash-loop.ts';
import { crash } from './crash.ts';
import { dbDown } from './db-down.ts';
import { dbHung } from './db-hung.ts';
import { dbMaxConnections } from './db-max-connections.ts';
import { deadlock } from './deadlock.ts';
import { deletedOpenFile } from './deleted-open-file.ts';
import { diskFull } from './disk-full.ts';
import { fdLeak } from './fd-leak.ts';
import { hang } from './hang.ts';
import { inodeExhaustion } from './inode-exhaustion.ts';
import { linkLatency } from './link-latency.ts';
import { linkResets } from './link-resets.ts';
import { logFlood } from './log-flood.ts';
import { memLeak } from './mem-leak.ts';
import { missingEnv } from './missing-env.ts';
import { missingModule } from './missing-module.ts';
import { netBlackhole } from './net-blackhole.ts';
import { oomKilled } from './oom-killed.ts';
import { poisonInput } from './poison-input.ts';
import { poolLeak } from './pool-leak.ts';
import { portConflictForeign } from './port-conflict-foreign.ts';
import { portConflictOrphan } from './port-conflict-orphan.ts';
import { probeBroken } from './probe-broken.ts';
import { proxyFault } from './proxy-fault.ts';
import { readonlyFs } from './readonly-fs.ts';
import { secretChange } from './secret-change.ts';
import { stopped } from './stopped.ts';
import { workerStuck } from './worker-stuck.ts';
import { zombies } from './zombies.ts';

export const allFaults: readonly Fault[] = [
  crash,
  crashLoop,
  poisonInput,
  hang,
  deadlock,
  stopped,
  memLeak,
  oomKilled,
  fdLeak,
  zombies,
  workerStuck,
  portConflictForeign,
  portConflictOrphan,
  missingModule,
  cpuOwnHotLoop,
  probeBroken,
  dbDown,
  dbHung,
  poolLeak,
  dbMaxConnections,
  authSecretMismatch,
  bridgePeerDown,
  bridgeHalfOpen,
  bridgeConfigMismatch,
  bridgeExecMissing,
  diskFull,
  inodeExhaustion,
  deletedOpenFile,
  logFlood,
  readonlyFs,
  netBlackhole,
  linkLatency,
  linkResets,
  proxyFault,
  badConfig,
  missingEnv,
  configDrift,
  certExpired,
  secretChange,
];
