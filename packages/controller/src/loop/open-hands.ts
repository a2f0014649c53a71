/** The loop's hands on the real world: closer looks, answers, evidence, acts, messages. */
import type { StatePaths } from '@fettle/sdk/daemon/paths';
import type { HealthPart, LogsPart, SupervisorLink } from '../parts.ts';
import { openActions } from './actions/act-once.ts';
import type { ActionWorld } from './actions/action-world.ts';
import { allActions } from './actions/all.ts';
import { openDeeds } from './actions/deeds.ts';
import { openKeptBytes } from './actions/kept-bytes.ts';
import { examineService } from './exam/examine-service.ts';
import { answerFacts } from './facts/answer-facts.ts';
import type { FileLedger } from './ledger/file-ledger.ts';
import type { LoopHands } from './loop-hands.ts';
import type { NameMemory } from './name-memory.ts';

export type HandsOptions = Readonly<{
  link: SupervisorLink;
  logs: LogsPart;
  health: HealthPart;
  files: FileLedger;
  names: NameMemory;
  paths: StatePaths;
  nowMs: () => number;
}>;

export function openHands(options: HandsOptions): LoopHands {
  const { link, logs, health, files, names, paths, nowMs } = options;
  const deeds = openDeeds(paths.stateDir);
  const world: ActionWorld = {
    link,
    paths,
    deeds,
    kept: openKeptBytes(paths.stateDir),
    ledger: files,
    logs,
    health,
    env: process.env,
    nowMs,
  };
  const looking = { link, logs, nowMs, runsDir: paths.runsDir, files, names };
  return {
    examine: (services) => Promise.all(services.map((name) => examineService(name, looking))),
    answer: (calls, timeoutMs) => answerFacts(calls, { timeoutMs }, world),
    keepEvidence: () => Promise.resolve([]),
    actions: openActions(allActions, world),
    notify: () => undefined,
    stop() {
      deeds.close();
      names.stop();
      return files.stop();
    },
  };
}
