/** The worker thread of `sqlite-checkpointer.ts`: one checkpoint, then it ends. */
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

const { path } = workerData as Readonly<{ path: string }>;
const db = new DatabaseSync(path, { timeout: 2_000 });
try {
  // PASSIVE never blocks the writer; a log that was moved whole is reused from its start.
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
} finally {
  db.close();
}
