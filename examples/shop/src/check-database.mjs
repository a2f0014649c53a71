// Health check of the ledger's database, run by Fettle: exit 0 is healthy.
import { openDatabase } from './database.mjs';

const found = openDatabase().prepare('pragma quick_check(1)').get();
const verdict = Object.values(found)[0];
console.log(verdict);
process.exitCode = verdict === 'ok' ? 0 : 1;
