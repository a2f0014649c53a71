// What customers send back waits in data/returns, a file each, until the worker takes it.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listCents } from './prices.mjs';
import { log } from './service.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'data', 'returns');
let count = 0;

export function leaveReturn(parcel) {
  const id = `${Date.now()}-${(count += 1)}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${id}.new`), JSON.stringify(parcel));
  renameSync(join(folder, `${id}.new`), join(folder, `${id}.json`));
  return id;
}

/** Oldest first. One that makes no sense ends the worker: no refund is guessed. */
export function takeReturns() {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  for (const name of names.toSorted()) {
    log('info', `return ${name}`);
    const { sku, amount } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const cents = listCents[sku.toLowerCase()] * amount;
    rmSync(join(folder, name));
    log('info', `took back ${amount} x ${sku}`, { cents });
  }
}
