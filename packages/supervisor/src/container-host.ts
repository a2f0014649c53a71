/**
 * Runs as containers, through the keeper: a process of its own that speaks to the engine.
 *
 * Orders are repeated after each connection (`core/supervise/container-wire.ts`), so that neither
 * side's death loses one.
 */
import { createConnection, type Socket } from 'node:net';
import type { ContainerNews, ContainerOrder } from '@fettle/core/supervise/container-wire';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import { lineCutter } from '@fettle/sdk/daemon/ndjson';
import { log } from './own-log.ts';
import type { RunHost } from './run-host.ts';

export type AdoptedContainer = Readonly<{ token: string; instance: string }>;

export type ContainerHost = RunHost &
  Readonly<{
    has(token: string): boolean;
    adopt(runs: readonly AdoptedContainer[]): void;
    /** An instance has left the stack: its container goes. */
    forgetOthers(): void;
  }>;

export type ContainerHostOptions = Readonly<{
  socketPath: string;
  emit: (event: SuperviseEvent) => void;
  /** Instances that the stack has now. */
  instances: () => readonly string[];
}>;

type Run = {
  readonly instance: string;
  /** Sent again until it was answered. */
  start: Extract<ContainerOrder, { kind: 'start' }> | null;
  /** Signals that nobody was there to take. */
  unsent: ContainerOrder[];
  isKilled: boolean;
};

const retryMs = 200;
const maxUnsent = 4;

export function createContainerHost(options: ContainerHostOptions): ContainerHost {
  const runs = new Map<string, Run>();
  let socket: Socket | null = null;
  let isOpen = false;
  let retry: NodeJS.Timeout | null = null;
  let stopped = false;

  const send = (order: ContainerOrder): void => {
    if (isOpen) socket?.write(`${JSON.stringify(order)}\n`);
    else connect();
  };
  const sendOrKeep = (order: Extract<ContainerOrder, { kind: 'signal' | 'continue' }>): void => {
    if (isOpen) return send(order);
    const run = runs.get(order.token);
    if (run !== undefined && run.unsent.length < maxUnsent) run.unsent.push(order);
    connect();
  };
  const settle = (): void => {
    const instances = [...options.instances(), ...[...runs.values()].map((run) => run.instance)];
    send({ kind: 'settle', instances: [...new Set(instances)] });
  };
  const repeat = (): void => {
    for (const [token, run] of runs) {
      const { instance, start, isKilled, unsent } = run;
      send(start ?? { kind: 'watch', token, instance });
      run.unsent = [];
      for (const order of unsent) send(order);
      if (isKilled) send({ kind: 'kill', token });
    }
    settle();
  };
  const hear = (news: ContainerNews): void => {
    const run = runs.get(news.token);
    if (run === undefined) return;
    if (news.kind !== 'found-stopped') run.start = null;
    if (news.kind === 'tree-gone') runs.delete(news.token);
    options.emit(news);
    // Its instance may have left while the run was still ending.
    if (news.kind === 'tree-gone' && !options.instances().includes(run.instance)) settle();
  };
  const connect = (): void => {
    if (socket !== null || retry !== null || stopped) return;
    const next = createConnection(options.socketPath);
    socket = next;
    next.on('connect', () => {
      isOpen = true;
      repeat();
    });
    const onLine = (line: string): void => hear(JSON.parse(line) as ContainerNews);
    next.on(
      'data',
      lineCutter(onLine, () => next.destroy()),
    );
    next.on('error', () => next.destroy());
    next.on('close', () => {
      if (isOpen) log('info', 'the keeper of containers is gone');
      isOpen = false;
      socket = null;
      if (stopped || runs.size === 0) return;
      retry = setTimeout(() => {
        retry = null;
        connect();
      }, retryMs);
    });
  };
  return {
    has: (token) => runs.has(token),
    adopt(adopted) {
      for (const { token, instance } of adopted)
        runs.set(token, { instance, start: null, unsent: [], isKilled: false });
      if (runs.size > 0) connect();
    },
    start({ token, instance, command, environment, limits, launch }) {
      if (launch === undefined) return;
      const start = {
        kind: 'start',
        token,
        instance,
        command,
        environment,
        limits,
        launch,
      } as const;
      runs.set(token, { instance, start, unsent: [], isKilled: false });
      send(start);
    },
    signal: (token, posixSignal) => sendOrKeep({ kind: 'signal', token, posixSignal }),
    killTree(token) {
      const run = runs.get(token);
      if (run === undefined) return options.emit({ kind: 'tree-gone', token });
      run.isKilled = true;
      send({ kind: 'kill', token });
    },
    continueTree: (token) => sendOrKeep({ kind: 'continue', token }),
    forgetOthers() {
      if (isOpen) settle();
    },
    stop() {
      stopped = true;
      if (retry !== null) clearTimeout(retry);
      socket?.destroy();
    },
  };
}
