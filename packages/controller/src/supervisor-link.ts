/**
 * Our live copy of what the supervisor knows; reconnects for ever with back-off and jitter.
 *
 * After a (re)connect we say which notice we saw last and hear what came after, then take a
 * snapshot, so that the copy is whole and the journal has no gap. Notices are worked off one at a
 * time: a changed stack is fetched before anybody hears of the change.
 */
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type {
  HelloResult,
  Push,
  RequestBody,
  Snapshot,
  SupervisorInfo,
} from '@fettle/core/supervise/protocol';
import { backoffMs, jitteredMs } from '@fettle/sdk/backoff';
import type { SupervisorLink } from './parts.ts';
import type { Cursor } from './store.ts';
import { connectSupervisor, unreachable, type Connection } from './supervisor-connection.ts';
import { createMirror, type Mirror } from './supervisor-mirror.ts';

export type LinkOptions = Readonly<{
  socketPath: string;
  /** The last notice that the journal holds; null: none. */
  cursor: () => Cursor | null;
  /** Called before anybody else hears of the notice. */
  record: (
    notice: Notice,
    before: InstanceView | null,
    at: Readonly<{ atMs: number; cursor: Cursor }>,
  ) => void;
  /** Views of a snapshot, to tell what nobody saw. */
  recordSnapshot: (
    views: readonly InstanceView[],
    before: (id: string) => InstanceView | null,
    cursor: Cursor,
  ) => void;
  onError?: (error: unknown) => void;
}>;

export type FullLink = SupervisorLink &
  Readonly<{
    /** Connects; to be called once everybody listens, so that nobody misses the first snapshot. */
    start(): void;
    info(): SupervisorInfo | null;
    goingDown(): boolean;
    onConnection(listener: (connected: boolean) => void): () => void;
    stop(): void;
  }>;

const reconnect = { baseMs: 50, maxMs: 2_000 };
const connectMs = 2_000;
const requestMs = 5_000;
/** Notices waiting while a snapshot is fetched; past it we reconnect and start from a snapshot. */
const maxQueued = 20_000;

type Link = {
  connection: Connection | null;
  connected: boolean;
  info: SupervisorInfo | null;
  queue: Push[];
  working: boolean;
  stopped: boolean;
  attempt: number;
  timer: NodeJS.Timeout | null;
};

export function createSupervisorLink(options: LinkOptions): FullLink {
  const mirror = createMirror();
  const notices = new Set<(notice: Notice, atMs: number) => void>();
  const snapshots = new Set<() => void>();
  const connections = new Set<(connected: boolean) => void>();
  const link: Link = {
    connection: null,
    connected: false,
    info: null,
    queue: [],
    working: false,
    stopped: false,
    attempt: 0,
    timer: null,
  };
  const tell = (notice: Notice, atMs: number): void => {
    for (const listener of notices) guarded(() => listener(notice, atMs), options);
  };
  const setConnected = (connected: boolean): void => {
    if (link.connected === connected) return;
    link.connected = connected;
    for (const listener of connections) guarded(() => listener(connected), options);
  };
  const again = (): void => {
    link.connection = null;
    link.queue = [];
    setConnected(false);
    if (link.stopped || link.timer !== null) return;
    const waitMs = jitteredMs(backoffMs(reconnect, link.attempt++), Math.random());
    link.timer = setTimeout(() => {
      link.timer = null;
      void open();
    }, waitMs);
  };
  const push = (one: Push): void => {
    link.queue.push(one);
    if (link.queue.length > maxQueued) return link.connection?.close();
    void work(link, mirror, options, tell);
  };
  const open = async (): Promise<void> => {
    try {
      const connection = await connectSupervisor(
        options.socketPath,
        { push, close: again },
        connectMs,
      );
      link.connection = connection;
      if (link.stopped) return connection.close();
      link.working = true;
      await greet(connection, link, mirror, options);
      link.working = false;
      link.attempt = 0;
      setConnected(true);
      for (const listener of snapshots) guarded(listener, options);
      await work(link, mirror, options, tell);
    } catch (error) {
      link.working = false;
      // Once an outage: the retries go on for as long as it takes.
      if (link.attempt <= 1) options.onError?.(error);
      if (link.connection === null) again();
      else link.connection.close();
    }
  };
  return {
    start: () => void open(),
    connected: () => link.connected,
    stack: () => mirror.stack(),
    instances: () => mirror.instances(),
    instance: (id) => mirror.instance(id),
    info: () => link.info,
    goingDown: () => mirror.goingDown(),
    request(body, { key, timeoutMs } = {}) {
      if (link.connection === null) return Promise.reject(unreachable(options.socketPath, null));
      return link.connection.request(body, timeoutMs ?? requestMs, key ?? null);
    },
    onNotice: (listener) => added(notices, listener),
    onSnapshot: (listener) => added(snapshots, listener),
    onConnection: (listener) => added(connections, listener),
    stop() {
      link.stopped = true;
      if (link.timer !== null) clearTimeout(link.timer);
      link.connection?.close();
    },
  };
}

async function greet(
  connection: Connection,
  link: Link,
  mirror: Mirror,
  options: LinkOptions,
): Promise<void> {
  const ask = (body: RequestBody): Promise<unknown> => connection.request(body, requestMs, null);
  const cursor = options.cursor();
  const known = { epoch: cursor?.epoch ?? null, seq: cursor?.seq ?? 0 };
  const hello = (await ask({ kind: 'hello', client: 'controller', ...known })) as HelloResult;
  link.info = (await ask({ kind: 'info' })) as SupervisorInfo;
  const snapshot = hello.snapshot ?? ((await ask({ kind: 'snapshot' })) as Snapshot);
  // What was pushed before the snapshot's answer is in it, but the journal wants each step.
  const queued = link.queue.splice(0);
  link.queue = queued.filter((one) => one.seq > snapshot.seq);
  for (const one of queued) if (one.seq <= snapshot.seq) record(one, mirror, options);
  const views = snapshot.instances.filter(({ service }) => !service.startsWith('@'));
  options.recordSnapshot(views, mirror.instance, { epoch: snapshot.epoch, seq: snapshot.seq });
  mirror.load(snapshot);
}

/** Works off the queue in order; one at a time. */
async function work(
  link: Link,
  mirror: Mirror,
  options: LinkOptions,
  tell: (notice: Notice, atMs: number) => void,
): Promise<void> {
  if (link.working) return;
  link.working = true;
  try {
    for (let one = link.queue.shift(); one !== undefined; one = link.queue.shift()) {
      if (mirror.isInternal(one.notice)) {
        mirror.skip(one.seq);
        continue;
      }
      record(one, mirror, options);
      if (one.notice.kind === 'stack-changed') {
        const connection = link.connection;
        if (connection === null) return;
        const snapshot = await connection.request({ kind: 'snapshot' }, requestMs, null);
        mirror.load(snapshot as Snapshot);
      } else mirror.apply(one);
      tell(one.notice, one.atMs);
    }
  } catch (error) {
    options.onError?.(error);
    link.connection?.close();
  } finally {
    link.working = false;
  }
}

function record({ notice, atMs, epoch, seq }: Push, mirror: Mirror, options: LinkOptions): void {
  if (mirror.isInternal(notice)) return;
  const id = 'view' in notice ? notice.view.instance : 'instance' in notice ? notice.instance : '';
  const known = options.cursor();
  if (known !== null && known.epoch === epoch && seq <= known.seq) return;
  options.record(notice, mirror.instance(id), { atMs, cursor: { epoch, seq } });
}

function added<Listener>(set: Set<Listener>, listener: Listener): () => void {
  set.add(listener);
  return () => void set.delete(listener);
}

/** One listener's mistake must not keep the others from hearing; it is reported. */
function guarded(work: () => void, options: LinkOptions): void {
  try {
    work();
  } catch (error) {
    options.onError?.(error);
  }
}
