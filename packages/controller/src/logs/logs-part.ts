/**
 * The logs of a stack: follows what services write, keeps it within bounds, answers questions.
 *
 * Start reading here: `tailer.ts` follows and indexes, `log-keeper.ts` rotates and drops,
 * `log-query.ts` and `follow-lines.ts` answer. What is stored never depends on this process: the
 * services write their files themselves.
 */
import { dirname, join } from 'node:path';
import { plainText } from '@fettle/core/loop/collect/log-line';
import { conceal } from '../conceal.ts';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { LogLine } from '@fettle/sdk/api/documents';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import type { Disposer, LogQuery, LogsPart, SupervisorLink } from '../parts.ts';
import { archive } from './archive.ts';
import { readDropped } from './dropped.ts';
import { finishIndex } from './finish-index.ts';
import { followLines, followStart } from './follow-lines.ts';
import { openLogBounds } from './log-bounds.ts';
import { logKeeper } from './log-keeper.ts';
import { listInstances, listTokens, runFiles, type RunFiles } from './log-folder.ts';
import { queryLines } from './log-query.ts';
import { DEFAULT_LIMITS, type LogLimits } from './retention.ts';
import { runFacts } from './run-facts.ts';
import { lastRawLines } from './last-raw-lines.ts';
import { repairCut } from './repair-cut.ts';
import { tailer } from './tailer.ts';

export type LogsOptions = Readonly<{
  /** `.fettle/logs`. */
  logsDir: string;
  /** `.fettle/run.log`: the supervisor's; read once, may be missing. */
  runLog: string;
  link: Pick<SupervisorLink, 'instances' | 'onNotice' | 'onSnapshot'>;
  limits?: Partial<LogLimits>;
  /** Wall clock; epoch ms. */
  now?: () => number;
  /** Rotation or retention failed; it is tried again later. */
  onTrouble?: (cause: unknown) => void;
}>;

/** What the controller and the benchmark use beside the contract. */
export type Logs = LogsPart &
  Readonly<{
    /** Reads and indexes all that is there now. */
    catchUp(): Promise<void>;
    /** Bytes that flooding kept from log probes and detectors (never from storage). */
    skippedBytes(): number;
  }>;

export async function openLogs(options: LogsOptions): Promise<Logs> {
  const { logsDir, link } = options;
  const now = options.now ?? Date.now;
  const onTrouble = options.onTrouble ?? ((): void => undefined);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  makeFolders(logsDir);
  const facts = runFacts(logsDir, options.runLog);
  const indexing = new Set<string>();
  let stopped = false;
  const tails = tailer({
    logsDir,
    now,
    firstOffset,
    onCut: (run, seenTo) => repairCut(run, [keeper.released(run.token), seenTo], now()),
  });
  const bounds = openLogBounds(join(dirname(logsDir), 'log-bounds.json'), now);
  const keeper = logKeeper({
    logsDir,
    limits,
    facts,
    now,
    bounds,
    isOpen: (token) => tails.tailOf(token) !== null || indexing.has(token),
    onTrouble,
  });
  const { tailOf } = tails;
  const store = archive({ logsDir, facts, tailOf, released: keeper.released, now });
  const news = new Set<() => void>();
  const ring = (): void => {
    for (const listener of news) listener();
  };
  // Two writers of one index would count lines twice.
  const followRun = (instance: string, token: string): void => {
    if (indexing.has(token)) void indexed.then(() => tails.follow(instance, token));
    else tails.follow(instance, token);
  };
  const learn = (view: InstanceView): void => {
    if (view.instance.startsWith('@')) return;
    facts.learn(view);
    if (view.token !== null && view.token !== view.lastToken) followRun(view.instance, view.token);
    if (view.lastToken !== null && view.lastExit !== null)
      tails.ended(view.instance, view.lastToken);
    ring();
  };
  const learnAll = (): void => link.instances().forEach(learn);

  await keeper.recover();
  learnAll();
  const indexed = finishIndexes();
  const disposers: Disposer[] = [
    tails.onGrowth((run, size) => {
      keeper.grown(run, size);
      ring();
    }),
    link.onSnapshot(learnAll),
    link.onNotice((notice) => {
      if (notice.kind === 'instance-changed') learn(notice.view);
    }),
  ];

  /** Where a run without an index begins: after what was moved or dropped. */
  function firstOffset(run: RunFiles): number {
    const gone = readDropped(run.folder).filter(({ token }) => token === run.token);
    return Math.max(keeper.released(run.token), ...gone.map(({ end }) => end));
  }
  function instancesOf(service: string): readonly string[] {
    return listInstances(logsDir).filter((name) => name.replace(/\.\d+$/, '') === service);
  }
  async function finishIndexes(): Promise<void> {
    for (const instance of listInstances(logsDir))
      for (const token of listTokens(logsDir, instance)) {
        if (tails.tailOf(token) !== null || stopped) continue;
        indexing.add(token);
        const run = runFiles(logsDir, instance, token);
        const options = { now, firstOffset, isStopped: () => stopped };
        const size = await finishIndex(run, options).catch(onTrouble);
        indexing.delete(token);
        keeper.grown(run, size ?? 0);
      }
  }

  async function* queryBatches(asked: LogQuery): AsyncGenerator<readonly LogLine[]> {
    for await (const batch of queryLines(store, asked, now)) yield batch.map(({ line }) => line);
  }
  async function* followBatches(
    asked: LogQuery,
    abort: AbortSignal,
  ): AsyncGenerator<readonly LogLine[]> {
    const ends = await followStart(store, asked);
    const shown = new Set<string>(asked.after?.keys());
    for await (const batch of queryBatches(asked)) {
      // What came in meanwhile is left to the following part.
      const before = batch.filter(
        ({ kind, run, offset }) => kind === 'boundary' || offset < (ends.get(run) ?? 0),
      );
      for (const { kind, run } of before) if (kind === 'line') shown.add(run);
      yield before;
      if (abort.aborted) return;
    }
    const options = { archive: store, now, onNews };
    for await (const batch of followLines(options, asked, { ends, shown, abort }))
      yield batch.map(({ line }) => line);
  }
  function onNews(listener: () => void): Disposer {
    news.add(listener);
    return () => news.delete(listener);
  }
  return {
    query: (asked) => singly(queryBatches(asked)),
    follow: (asked, abort) => singly(followBatches(asked, abort)),
    queryBatches,
    followBatches,
    onLines: tails.feed.on,
    skippedBytes: tails.feed.skippedBytes,
    async catchUp() {
      await indexed;
      await tails.catchUp();
    },
    sweep: keeper.sweep,
    async rotate(service) {
      await indexed;
      await tails.catchUp();
      return keeper.rotateNow(instancesOf(service));
    },
    boundOf: bounds.of,
    async bound(service, bound) {
      bounds.set(service, bound);
      if (bound === null) return;
      await tails.catchUp();
      await keeper.rotateNow(instancesOf(service));
      await keeper.sweep();
    },
    async tail(instance, token, count) {
      const run = runFiles(logsDir, instance, token);
      const lines = await lastRawLines(run, count, keeper.released);
      return lines.map((line) => conceal(plainText(line)));
    },
    async stop() {
      for (const dispose of disposers) dispose();
      stopped = true;
      await indexed;
      await tails.stop();
      await keeper.stop();
    },
  };
}

async function* singly<Item>(batches: AsyncIterable<readonly Item[]>): AsyncGenerator<Item> {
  for await (const batch of batches) yield* batch;
}
