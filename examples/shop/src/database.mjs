// Where the ledger keeps its book: data/ledger.db beside this folder, or where LEDGER_DB says.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from 'node:sqlite';

const shop = dirname(dirname(fileURLToPath(import.meta.url)));

export function openDatabase() {
  const file = process.env.LEDGER_DB ?? join(shop, 'data', 'ledger.db');
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec(
    'pragma busy_timeout = 2000; pragma journal_mode = wal; pragma synchronous = normal',
  );
  return database;
}
