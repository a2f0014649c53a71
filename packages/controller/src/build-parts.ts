/** Builds the parts in the order in which they need each other. */
import { failsUsers } from '@fettle/core/loop/collect/fails-users';
import { join } from 'node:path';
import { learnSecrets } from './conceal.ts';
import type { PartDeps, Parts } from './controller.ts';
import { openErrors } from './errors/errors-part.ts';
import { openFiguresPart } from './figures/figures-part.ts';
import { openHealthPart } from './health/health-part.ts';
import { openLogs } from './logs/logs-part.ts';
import { openCapsules } from './loop/capsules.ts';
import { openFileLedger } from './loop/ledger/file-ledger.ts';
import { openNameMemory } from './loop/name-memory.ts';
import { openHands } from './loop/open-hands.ts';
import { openSettings } from './loop/loop-settings.ts';
import { steadyClock } from './loop/steady-clock.ts';
import { openLoopPart } from './loop/loop-part.ts';
import { watchRunbooks } from './loop/runbook-files.ts';
import { openWatchPart } from './watch/watch-part.ts';
import { createWhy } from './why/why-part.ts';

export async function buildParts({
  link,
  journal,
  store,
  paths,
  log,
  nowMs,
  durable,
  version,
}: PartDeps): Promise<Parts> {
  // Before anything is read that may hold one.
  learnSecrets(link);
  const logs = await openLogs({
    logsDir: paths.logsDir,
    runLog: paths.runLog,
    link,
    now: nowMs,
    onTrouble: (cause) => log.warn({ err: cause }, 'log rotation failed'),
  });
  const health = openHealthPart({ link, journal, logs, stateDir: paths.stateDir });
  const figures = openFiguresPart({ link, journal });
  const why = createWhy({ link, health, logs, journal, figures, nowMs });
  const steadyMs = steadyClock();
  const files = openFileLedger({
    link,
    health,
    stateDir: paths.stateDir,
    nowMs: steadyMs,
    onTrouble: (cause) => log.warn({ err: cause }, 'a good version of a file cannot be kept'),
  });
  const names = openNameMemory(link);
  const errors = openErrors({
    folder: join(paths.stateDir, 'errors'),
    store,
    durable,
    nowMs,
    onTrouble: (cause) => log.warn({ err: cause }, 'reported errors wait in their spool'),
  });
  const loop = openLoopPart({
    collecting: { link, health, figures, logs, why, journal, files, errors },
    link,
    journal,
    store,
    settings: openSettings({
      dir: paths.stackDir,
      link,
      journal,
      env: process.env,
      runbooks: watchRunbooks(paths.stackDir, journal),
    }),
    hands: (nowMs) => openHands({ link, logs, health, files, names, journal, store, paths, nowMs }),
    capsules: openCapsules({
      folder: join(paths.stateDir, 'capsules'),
      engine: version,
      onTrouble: (cause) => log.warn({ err: cause }, 'an incident cannot be recorded'),
    }),
    onTrouble: (cause) => log.error({ err: cause }, 'the loop cannot keep its records'),
  });
  files.doubt((service) => failsUsers(loop.state.picture, service, steadyMs()));
  const watch = openWatchPart({
    link,
    journal,
    nowMs,
    onTrouble: (cause) => log.warn({ err: cause }, 'a changed file led to nothing'),
  });
  return { logs, health, figures, why, loop, errors, watch };
}
