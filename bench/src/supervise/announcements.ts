/** Hears services begin through a FIFO, stamped on arrival with the monotonic clock. */
import { execFileSync } from 'node:child_process';
import { createReadStream, openSync, writeSync } from 'node:fs';

export type Announcement = Readonly<{ index: number; pid: number; atMs: number }>;

export type Announcements = Readonly<{
  /** Resolves once `count` more services have begun; rejects after `timeoutMs`. */
  next: (count: number, timeoutMs: number) => Promise<readonly Announcement[]>;
  /** The newest pid of each service. */
  pids: ReadonlyMap<number, number>;
  close: () => void;
}>;

export function listenForAnnouncements(fifo: string): Announcements {
  execFileSync('mkfifo', [fifo]);
  // Opened for both ways, so that it never ends when the last writer leaves.
  const fd = openSync(fifo, 'r+');
  const stream = createReadStream('', { fd });
  const pids = new Map<number, number>();
  const heard: Announcement[] = [];
  let wake: (() => void) | null = null;
  let rest = '';
  stream.on('data', (chunk) => {
    const atMs = performance.now();
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [index = 0, pid = 0] = line.split(' ').map(Number);
      pids.set(index, pid);
      heard.push({ index, pid, atMs });
    }
    wake?.();
  });
  const next = (count: number, timeoutMs: number): Promise<readonly Announcement[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Announcement[]>();
    const late = () =>
      reject(new RangeError(`${heard.length} of ${count} began in ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    wake = () => {
      if (heard.length < count) return;
      clearTimeout(timer);
      wake = null;
      resolve(heard.splice(0, count));
    };
    wake();
    return promise;
  };
  const close = () => {
    // A read that waits in the thread pool would keep this process alive: give it something.
    stream.destroy();
    writeSync(fd, '\n');
  };
  return { next, pids, close };
}
