/**
 * For `disk-full.test.ts`: writes to a journal until the disk takes no more, then lets go of what
 * filled it. Run under `ulimit -f`, which makes writes fail as a full disk does.
 */
import { createJournal } from './journal.ts';
import { sqliteStore } from './stores/sqlite.ts';

const store = sqliteStore(process.argv[2] ?? '');
const journal = createJournal(store, { nowMs: Date.now });
const event = { kind: 'x', service: 'api', instance: null, severity: 'info', data: {} } as const;
let written = 0;
while (journal.state().trouble === null && written < 5_000) {
  journal.append({ ...event, text: `event ${written} ${'x'.repeat(500)}` });
  written += 1;
}
for (let more = 0; more < 10; more += 1) journal.append({ ...event, text: 'while full' });
const { trouble, buffered } = journal.state();
const newest = journal.read({ limit: 3 }).map(({ seq }) => seq);
const stored = store.lastSeq();
const chain = store.verifyChain().ok;
process.stdout.write(`${JSON.stringify({ trouble, buffered, written, newest, stored, chain })}\n`);
journal.stop();
