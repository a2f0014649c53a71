/**
 * Runs containers as the supervisor's policy wants them: takes its orders, tells it what happened.
 * Translates, never decides.
 *
 * Everything of one instance happens in order. What the engine tells by events is a hint; the
 * container is then asked itself, and every few seconds anyway.
 */
import { constants } from 'node:os';
import { join } from 'node:path';
import type {
  ContainerNews,
  ContainerOrder,
  StartOrder,
} from '@fettle/core/supervise/container-wire';
import type { ContainerDocument, EngineEvent } from './container-document.ts';
import { newRun, type ContainerRun } from './container-run.ts';
import type { Surroundings } from './create-body.ts';
import { type Engine, EngineFault } from './engine.ts';
import { followEvents } from './engine-events.ts';
import { ensureContainer } from './ensure-container.ts';
import { removeOthers } from './tidy-stack.ts';
import { ensureImage } from './ensure-image.ts';
import { exitOf, lostExit } from './exit-of.ts';
import { log } from './keeper-log.ts';
import { followLog } from './log-follower.ts';
import { createRelays, type Relays } from './relays.ts';
import type { Records, RunRecord } from './run-record.ts';
import { signalNumber } from './signal-number.ts';
import { failureOf } from './spawn-failure.ts';
import { networkEnsurer } from './stack-network.ts';

export type KeeperOptions = Readonly<{
  engine: Engine;
  records: Records;
  hash: string;
  logsDir: string;
  tell: (news: ContainerNews) => void;
}>;

export type Keeper = Readonly<{
  take(order: ContainerOrder): void;
  stop(): void;
}>;

type Parts = KeeperOptions & {
  readonly runs: Map<string, ContainerRun>;
  /** What an instance's orders wait for. */
  readonly queues: Map<string, Promise<void>>;
  readonly relays: Relays;
  readonly ensureNetwork: ReturnType<typeof networkEnsurer>;
};

const sweepMs = 5_000;
/** The last lines of a dead run are waited for this long. */
const drainMs = 1_000;

export function startKeeper(options: KeeperOptions): Keeper {
  const relays = createRelays((message, fields) => log('warn', message, fields));
  const parts: Parts = {
    ...options,
    runs: new Map(),
    queues: new Map(),
    relays,
    ensureNetwork: networkEnsurer(options.engine),
  };
  const known = options.records.list();
  for (const { gateway, relays: ports } of known) if (gateway !== null) relays.open(gateway, ports);
  const sweep = (): void => {
    for (const run of parts.runs.values()) if (!run.ended && run.id !== '') lookSoon(parts, run);
  };
  const events = followEvents({
    engine: options.engine,
    hash: options.hash,
    sinceMs: Math.min(Date.now(), ...known.map(({ atMs }) => atMs)),
    onEvent: (event) => hear(parts, event),
    onOpen: sweep,
  });
  const timer = setInterval(sweep, sweepMs);
  return {
    take: (order) => take(parts, order),
    stop() {
      clearInterval(timer);
      events.stop();
      relays.close();
      for (const run of parts.runs.values()) run.log?.stop();
    },
  };
}

function take(parts: Parts, order: ContainerOrder): void {
  switch (order.kind) {
    case 'start':
      return takeStart(parts, order);
    case 'watch':
      return takeWatch(parts, order);
    case 'signal':
      return withRun(parts, order.token, (run) => signal(parts, run, order.posixSignal));
    case 'continue':
      return withRun(parts, order.token, (run) => act(parts, run, 'unpause'));
    case 'kill':
      return takeKill(parts, order.token);
    case 'settle':
      return settle(parts, new Set(order.instances));
    default:
      order satisfies never;
  }
}

function inOrder(parts: Parts, instance: string, act: () => Promise<void>): void {
  const before = parts.queues.get(instance) ?? Promise.resolve();
  const after = before.then(act).catch((cause: unknown) => {
    log('warn', 'the engine refused', { instance, cause });
  });
  parts.queues.set(instance, after);
}

function withRun(parts: Parts, token: string, act: (run: ContainerRun) => Promise<void>): void {
  const run = parts.runs.get(token);
  if (run !== undefined) inOrder(parts, run.instance, () => act(run));
}

function say(parts: Parts, run: ContainerRun, news: ContainerNews): void {
  run.news = news;
  parts.tell(news);
}

function takeStart(parts: Parts, order: StartOrder): void {
  const { token, instance } = order;
  const known = parts.runs.get(token);
  if (known !== undefined) {
    // Asked again after the connection was lost.
    if (known.news !== null) tellAgain(parts, known);
    return;
  }
  const run = newRun(token, instance);
  parts.runs.set(token, run);
  const record = parts.records.get(token);
  inOrder(parts, instance, async () => {
    if (record !== null && (await isTakenUp(parts, run, record))) {
      if (!run.ended) say(parts, run, spawned(run));
      return;
    }
    try {
      await start(parts, run, order);
    } catch (error) {
      if (run.abort.signal.aborted) return;
      run.ended = true;
      parts.records.drop(token);
      say(parts, run, { kind: 'spawn-failed', token, ...failureOf(error) });
    }
  });
}

function tellAgain(parts: Parts, run: ContainerRun): void {
  if (run.news?.kind !== 'spawn-failed') parts.tell(spawned(run));
  if (run.news !== null) parts.tell(run.news);
}

function spawned({ token, pid }: ContainerRun): ContainerNews {
  return { kind: 'run-spawned', token, pid, shimPid: null };
}

async function start(parts: Parts, run: ContainerRun, order: StartOrder): Promise<void> {
  const { engine, hash, records } = parts;
  const { container, stack, relays } = order.launch;
  const { signal } = run.abort;
  const image = await ensureImage({ engine, container, signal });
  const network = container.network === 'stack' ? await parts.ensureNetwork({ stack, hash }) : null;
  const gateway = network?.gateway ?? null;
  if (gateway !== null) parts.relays.open(gateway, relays);
  signal.throwIfAborted();
  const around = { hash, image, network };
  const record = await startedRecord(parts, run, { order, around }).catch((error: unknown) => {
    // Somebody else was removing it: the next one can be started.
    if (!(error instanceof EngineFault) || !/removal/.test(error.message)) throw error;
    return startedRecord(parts, run, { order, around });
  });
  const document = await inspect(parts, run);
  run.startedAt = document?.State.StartedAt ?? null;
  records.put({ ...record, startedAt: run.startedAt });
  if (document !== null) learn(parts, run, document);
  say(parts, run, spawned(run));
  await look(parts, run);
}

type Wanted = Readonly<{ order: StartOrder; around: Surroundings }>;

async function startedRecord(parts: Parts, run: ContainerRun, wanted: Wanted): Promise<RunRecord> {
  const { engine, records } = parts;
  const { order, around } = wanted;
  run.id = await ensureContainer(engine, order, around);
  run.abort.signal.throwIfAborted();
  run.atMs = Date.now();
  const record: RunRecord = {
    token: run.token,
    instance: run.instance,
    id: run.id,
    atMs: run.atMs,
    startedAt: null,
    gateway: around.network?.gateway ?? null,
    relays: order.launch.relays,
  };
  records.put(record);
  await engine.ask('POST', `/containers/${run.id}/start`, { timeoutMs: 60_000 });
  return record;
}

function learn(parts: Parts, run: ContainerRun, { State, Config }: ContainerDocument): void {
  run.pid = State.Pid > 0 ? State.Pid : null;
  run.stopSignal = Config.StopSignal ?? 'SIGTERM';
  run.log ??= followLog({
    engine: parts.engine,
    id: run.id,
    tty: Config.Tty,
    spool: join(parts.logsDir, run.instance, `${run.token}.log`),
    cursor: parts.records.cursorFile(run.token),
    sinceMs: run.atMs,
    onTrouble: (message, cause) => log('warn', message, { instance: run.instance, cause }),
  });
}

function takeWatch(
  parts: Parts,
  { token, instance }: Readonly<{ token: string; instance: string }>,
): void {
  const known = parts.runs.get(token);
  if (known !== undefined) {
    if (known.news?.kind === 'run-spawned') tellPid(parts, known);
    else if (known.news !== null) parts.tell(known.news);
    return;
  }
  const run = newRun(token, instance);
  parts.runs.set(token, run);
  const record = parts.records.get(token);
  inOrder(parts, instance, async () => {
    const is = record !== null && (await isTakenUp(parts, run, record));
    if (!is) {
      run.ended = true;
      const message = 'it was asked for and never started';
      say(parts, run, { kind: 'spawn-failed', token, code: 'EENGINE', message });
    } else if (!run.ended) tellPid(parts, run);
  });
}

function tellPid(parts: Parts, run: ContainerRun): void {
  const { token, pid } = run;
  if (pid !== null) say(parts, run, { kind: 'pid-learned', token, pid });
}

/** A run of our former life, alive or ended since. false: it never came to be. */
async function isTakenUp(parts: Parts, run: ContainerRun, record: RunRecord): Promise<boolean> {
  Object.assign(run, { id: record.id, atMs: record.atMs, startedAt: record.startedAt });
  const document = await inspect(parts, run);
  if (document !== null) {
    const { State } = document;
    // Its clock and ours are the same machine's.
    const began = Date.parse(State.StartedAt) >= record.atMs - 1;
    if (record.startedAt === null && !began) return false;
    run.startedAt ??= State.StartedAt;
    learn(parts, run, document);
  }
  await look(parts, run);
  return true;
}

async function inspect({ engine }: Parts, run: ContainerRun): Promise<ContainerDocument | null> {
  try {
    return await engine.ask<ContainerDocument>('GET', `/containers/${run.id}/json`);
  } catch (error) {
    if (error instanceof EngineFault && error.status === 404) return null;
    throw error;
  }
}

function lookSoon(parts: Parts, run: ContainerRun): void {
  inOrder(parts, run.instance, () => look(parts, run));
}

/** Asks the container itself how it is. */
async function look(parts: Parts, run: ContainerRun): Promise<void> {
  if (run.ended) return;
  const document = await inspect(parts, run);
  const witness = { signalElsewhere: run.signalElsewhere, code: run.dieCode };
  if (document === null) return end(parts, run, lostExit(witness, 'removed-elsewhere', Date.now()));
  const { State } = document;
  if (run.startedAt !== null && State.StartedAt !== run.startedAt)
    return end(parts, run, lostExit(witness, 'restarted-elsewhere', Date.now()));
  if (!State.Running) return end(parts, run, exitOf(document, witness));
  if (State.Paused !== run.paused) {
    run.paused = State.Paused;
    if (run.paused) parts.tell({ kind: 'found-stopped', token: run.token });
  }
  parts.records.say(run.instance, {
    token: run.token,
    health: State.Health?.Status ?? 'none',
    detail: State.Health?.Log?.at(-1)?.Output.trim().split('\n').at(-1)?.slice(0, 200) ?? '',
    atMs: Date.now(),
  });
}

async function end(
  parts: Parts,
  run: ContainerRun,
  exit: Extract<ContainerNews, { kind: 'run-exited' }>['exit'],
): Promise<void> {
  run.ended = true;
  parts.records.unsay(run.instance);
  await drained(run);
  say(parts, run, { kind: 'run-exited', token: run.token, exit });
}

async function drained({ log: follower }: ContainerRun): Promise<void> {
  if (follower === null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, drainMs);
  await Promise.race([follower.done, promise]);
  clearTimeout(timer);
  follower.stop();
}

async function signal(parts: Parts, run: ContainerRun, posixSignal: string): Promise<void> {
  if (run.ended || run.id === '') return;
  const wanted = posixSignal === 'SIGTERM' ? run.stopSignal : posixSignal;
  run.sent.add(signalNumber(wanted));
  await act(parts, run, 'kill', wanted);
}

/** Nothing to act on (404), or it is in that state already (409, 304): what was wanted. */
async function act(
  { engine }: Parts,
  run: ContainerRun,
  what: 'kill' | 'unpause',
  posixSignal?: string,
): Promise<void> {
  const query = posixSignal === undefined ? {} : { signal: posixSignal };
  try {
    await engine.ask('POST', `/containers/${run.id}/${what}`, { query });
  } catch (error) {
    if (!(error instanceof EngineFault) || ![404, 409, 500].includes(error.status)) throw error;
  }
}

/** Ends what the run has left in its container, and says that it is gone. */
function takeKill(parts: Parts, token: string): void {
  const run = parts.runs.get(token);
  if (run === undefined) return parts.tell({ kind: 'tree-gone', token });
  run.abort.abort();
  inOrder(parts, run.instance, async () => {
    if (run.id !== '' && isLatest(parts, run)) {
      const document = await inspect(parts, run);
      if (document?.State.Running === true) {
        run.sent.add(constants.signals.SIGKILL);
        if (document.State.Paused) await act(parts, run, 'unpause');
        await act(parts, run, 'kill', 'SIGKILL');
        await engineWait(parts, run);
      }
      await look(parts, run);
    }
    run.ended = true;
    run.log?.stop();
    parts.runs.delete(token);
    parts.records.drop(token);
    parts.tell({ kind: 'tree-gone', token });
  });
}

async function engineWait({ engine }: Parts, run: ContainerRun): Promise<void> {
  await engine.ask('POST', `/containers/${run.id}/wait`, { timeoutMs: 10_000 }).catch(() => {});
}

/** The container may live another run by now, which a late kill must not meet. */
function isLatest(parts: Parts, run: ContainerRun): boolean {
  return [...parts.runs.values()].findLast(({ instance }) => instance === run.instance) === run;
}

function hear(parts: Parts, { Action, Actor }: EngineEvent): void {
  const runs = [...parts.runs.values()].filter(({ id, ended }) => id === Actor.ID && !ended);
  const run = runs.at(-1);
  if (run === undefined) return;
  if (Action === 'kill') {
    const number = Number(Actor.Attributes['signal'] ?? 0);
    if (!run.sent.has(number)) run.signalElsewhere = number;
    return;
  }
  if (Action === 'die') run.dieCode = Number(Actor.Attributes['exitCode'] ?? 0);
  if (/^(?:die|destroy|pause|unpause|health_status)/.test(Action)) lookSoon(parts, run);
}

function settle(parts: Parts, wanted: ReadonlySet<string>): void {
  const { engine, hash } = parts;
  const remove = (instance: string, act: () => Promise<void>): void =>
    inOrder(parts, instance, async () => {
      await act();
      parts.records.unsay(instance);
    });
  removeOthers(engine, { hash, wanted, remove }).catch((cause: unknown) =>
    log('warn', 'cannot tidy', { cause }),
  );
}
