/**
 * Moves the write-ahead log into the database file on a worker thread, so that the event loop never
 * waits for the disk.
 *
 * The worker lives only while it works: kept, it would cost 8 MiB at rest. It is looked at after
 * every 2,000 rows and at most one runs at a time.
 */
import { readFileSync, statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

export type Checkpointer = Readonly<{ wrote(rows: number): void; stop(): Promise<void> }>;

const lookEveryRows = 2_000;
const walLimitBytes = 2 * 1_048_576;
const stopWithinMs = 500;

export function createCheckpointer(path: string): Checkpointer {
  const program = readProgram();
  let rows = 0;
  let worker: Worker | null = null;
  const start = (): void => {
    const own = new Worker(program, { workerData: { path }, stderr: true });
    worker = own;
    own.unref();
    // A failed checkpoint leaves the log as it is; the next one tries again.
    own.once('error', () => (worker = null));
    own.once('exit', () => (worker = null));
  };
  return {
    wrote(count) {
      rows += count;
      if (rows < lookEveryRows || worker !== null) return;
      rows = 0;
      const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      if (size >= walLimitBytes) start();
    },
    async stop() {
      const own = worker;
      if (own === null) return;
      const ended = Promise.withResolvers<void>();
      own.once('exit', () => ended.resolve());
      const timer = setTimeout(() => void own.terminate(), stopWithinMs);
      await ended.promise;
      clearTimeout(timer);
    },
  };
}

/** Read at start: an update under a running daemon may take the file away, or put another there. */
function readProgram(): URL {
  if (import.meta.url.endsWith('.ts')) return new URL('checkpoint-worker.ts', import.meta.url);
  const text = readFileSync(new URL('checkpoint-worker.js', import.meta.url), 'utf8');
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}
