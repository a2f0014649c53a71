/**
 * The database's shape, as numbered steps with a way back.
 *
 * A step is never edited once released: add the next number. Each runs in one transaction with the
 * change of `user_version`, so that a crash leaves the one shape or the other.
 */

export type Migration = Readonly<{ id: number; title: string; up: string; down: string }>;

export const migrations: readonly Migration[] = [
  {
    id: 1,
    title: 'journal with its audit chain, cursor, service states',
    up: `
      CREATE TABLE journal (
        seq INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        service TEXT,
        instance TEXT,
        severity TEXT NOT NULL,
        text TEXT NOT NULL,
        data TEXT NOT NULL,
        key TEXT UNIQUE,
        hash TEXT NOT NULL
      ) STRICT;
      CREATE INDEX journal_service ON journal (service, seq);
      CREATE INDEX journal_time ON journal (at_ms);
      CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE service_state (
        service TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        since_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;`,
    down: `
      DROP TABLE service_state;
      DROP TABLE meta;
      DROP TABLE journal;`,
  },
  {
    id: 2,
    title: 'tokens with roles, answers to idempotency keys',
    up: `
      CREATE TABLE token (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
        once INTEGER NOT NULL,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER,
        last_used_at_ms INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE answer (
        key TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        status INTEGER NOT NULL,
        body TEXT NOT NULL,
        at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX answer_time ON answer (at_ms);`,
    down: `
      DROP TABLE answer;
      DROP TABLE token;`,
  },
  {
    id: 3,
    title: 'records of the healing loop: incidents, runs, odds, rails',
    up: `
      CREATE TABLE loop_record (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (kind, id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX loop_record_time ON loop_record (kind, at_ms);`,
    down: `
      DROP TABLE loop_record;`,
  },
  {
    id: 4,
    title: 'reported errors, their groups, each stack trace once',
    up: `
      CREATE TABLE error_stack (
        id INTEGER PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        text TEXT NOT NULL
      ) STRICT;
      CREATE TABLE error_report (
        id INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        service TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        message TEXT NOT NULL,
        release TEXT,
        stack_id INTEGER
      ) STRICT;
      CREATE TABLE error_group (
        service TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        message TEXT NOT NULL,
        release TEXT,
        stack_id INTEGER,
        count INTEGER NOT NULL,
        first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL,
        PRIMARY KEY (service, fingerprint)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX error_group_time ON error_group (last_ms);`,
    down: `
      DROP TABLE error_group;
      DROP TABLE error_report;
      DROP TABLE error_stack;
      DELETE FROM meta WHERE name = 'error_cursor';`,
  },
];

/** The shape that this version of Fettle reads and writes. */
export const schemaVersion = migrations.length;
