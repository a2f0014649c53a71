// A job: brings the ledger's database to the newest schema, then ends. Safe to run again.
import { openDatabase } from './database.mjs';
import { log } from './service.mjs';

const steps = [
  `create table entries (
     id integer primary key, sku text not null, amount integer not null, cents integer not null,
     at text not null)`,
  'alter table entries add column shipped_at text',
  'create index entries_open on entries (id) where shipped_at is null',
];

const database = openDatabase();
const done = database.prepare('pragma user_version').get().user_version;
for (const [index, step] of steps.entries()) {
  if (index < done) continue;
  database.exec(`begin; ${step}; pragma user_version = ${index + 1}; commit`);
  log('info', `step ${index + 1} of ${steps.length} done`);
}
database.close();
log('info', `schema ${steps.length}, ${steps.length - done} steps were new`);
