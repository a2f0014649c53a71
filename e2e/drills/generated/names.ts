/** Names that people give to services, drawn so that none comes twice. */
import type { Dice } from '../dice.ts';

const nouns = [
  'orders invoices quotes carts ratings routes stock tickets refunds profiles menus beacons',
  'meters parcels rooms lessons trips wallets badges polls tasks notes photos seats claims',
]
  .join(' ')
  .split(' ');
const apis = ['{}-api', '{}-svc', '{}', 'svc-{}', '{}d', '{}_service'];

const parts: Readonly<Record<string, readonly string[]>> = {
  database: ['store', 'vault', 'kv', 'depot', 'state-db', 'main_db', 'datastore', 'records'],
  front: ['gateway', 'edge', 'front', 'portal', 'entry', 'www'],
  worker: ['{}-worker', 'cruncher', 'bg-{}', 'scheduler', 'tick_{}'],
  consumer: ['{}-consumer', 'intake', 'queue-{}', 'mailer', 'importer'],
  writer: ['archiver', '{}-export', 'audit', 'recorder', 'collector'],
  peer: ['terminal', 'far-{}', 'exchange', 'plc', 'counterpart'],
  bridge: ['bridge', '{}-link', 'connector', 'adapter', 'relay'],
  secure: ['signer', 'seal', 'vaultd', 'notary', 'sign-{}'],
  customers: ['visitors', 'load', 'users', 'crowd', 'probe-{}'],
  batch: ['nightly', 'rollup', 'report-{}', 'reindex'],
  partner: ['partner', 'weather', 'geo-{}', 'rates-feed'],
};

export type Namer = Readonly<{ name(part: string): string; noun(): string }>;

export function openNames(dice: Dice): Namer {
  const used = new Set<string>();
  const noun = (): string => dice.pick(nouns);
  return {
    noun,
    name(part) {
      for (let round = 0; ; round += 1) {
        const pattern = dice.pick(parts[part] ?? apis);
        const name = pattern.replace('{}', noun()) + (round > 5 ? `-${round}` : '');
        if (used.has(name)) continue;
        used.add(name);
        return name;
      }
    },
  };
}
