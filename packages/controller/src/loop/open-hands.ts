/** The loop's hands on the real world: closer looks, answers, evidence, acts, messages. */
import { readDaemonFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import type { HealthPart, Journal, LogsPart, SupervisorLink } from '../parts.ts';
import type { Store } from '../store.ts';
import { openActions } from './actions/act-once.ts';
import type { ActionWorld } from './actions/action-world.ts';
import { allActions } from './actions/all.ts';
import { openDeeds } from './actions/deeds.ts';
import { openKeptBytes } from './actions/kept-bytes.ts';
import { keepEvidence } from './evidence/keep-evidence.ts';
import { examineServices } from './exam/examine-service.ts';
import { answerFacts } from './facts/answer-facts.ts';
import type { FileLedger } from './ledger/file-ledger.ts';
import type { LoopHands } from './loop-hands.ts';
import type { NameMemory } from './name-memory.ts';
import { openDeadMan, type DeadMan } from './notify/dead-man.ts';
import { openPost } from './notify/post.ts';

export type HandsOptions = Readonly<{
  link: SupervisorLink;
  logs: LogsPart;
  health: HealthPart;
  files: FileLedger;
  names: NameMemory;
  journal: Journal;
  store: Store;
  paths: StatePaths;
  nowMs: () => number;
}>;

export function openHands(options: HandsOptions): LoopHands {
  const { link, logs, health, files, names, journal, store, paths, nowMs } = options;
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
  const post = openPost({
    stack: link.stack,
    store,
    env: process.env,
    url: () => readDaemonFile(paths.daemonFile)?.url ?? null,
    onTrouble: (text) => tellTrouble(journal, text),
  });
  let deadMan: DeadMan | null = null;
  const looking = { link, logs, nowMs, runsDir: paths.runsDir, files, names };
  return {
    examine: oneAtATime((services) => examineServices(services, looking)),
    answer: (calls, timeoutMs) => answerFacts(calls, { timeoutMs }, world),
    keepEvidence: (runId, items) =>
      keepEvidence(runId, items, { link, logs, journal, files, stateDir: paths.stateDir }),
    actions: openActions(allActions, world),
    notify: post.tell,
    deliveries: post.deliveries,
    watchOver(isAlive) {
      deadMan?.stop();
      deadMan = openDeadMan({ stack: link.stack, isAlive });
    },
    async stop() {
      deadMan?.stop();
      await post.stop();
      deeds.close();
      names.stop();
      await files.stop();
    },
  };
}

function tellTrouble(journal: Journal, text: string): void {
  const common = { service: null, instance: null, data: {} };
  journal.append({ ...common, kind: 'notify.failed', severity: 'error', text });
}

/** Closer looks cost a pass over all processes: however many incidents, one look at a time. */
function oneAtATime(look: LoopHands['examine']): LoopHands['examine'] {
  let last: Promise<unknown> = Promise.resolve();
  return (services) => {
    const next = last.then(() => look(services));
    last = next.catch(() => undefined);
    return next;
  };
}
