// The book of the shop: what was ordered, for how much, and whether it was shipped.
import { openDatabase } from './database.mjs';
import { serve, withStatus } from './service.mjs';

const kept = 10_000;
const database = openDatabase();
const insert = database.prepare(
  'insert into entries (sku, amount, cents, at) values (?, ?, ?, ?) returning *',
);
const forget = database.prepare('delete from entries where id <= ?');
const newest = database.prepare('select * from entries order by id desc limit ?');
const open = database.prepare(
  'select * from entries where shipped_at is null order by id limit 20',
);
const ship = database.prepare(
  'update entries set shipped_at = ? where id = ? and shipped_at is null returning *',
);
const totals = database.prepare(
  'select count(*) as entries, coalesce(sum(cents), 0) as cents, count(shipped_at) as shipped from entries',
);

serve(
  {
    'GET /healthz': () => ({ status: 'ok', ...totals.get() }),
    'GET /entries': ({ url }) => newest.all(Math.min(100, Number(url.searchParams.get('n') ?? 10))),
    'GET /open': () => open.all(),
    'POST /entries': ({ body }) => {
      const { sku, amount, cents } = body ?? {};
      if (typeof sku !== 'string' || !Number.isInteger(amount) || !Number.isInteger(cents))
        return withStatus(400, { error: 'an entry needs sku, amount and cents' });
      const entry = insert.get(sku, amount, cents, new Date().toISOString());
      if (entry.id % 100 === 0) forget.run(entry.id - kept);
      return withStatus(201, entry);
    },
    'POST /ship': ({ body }) => {
      const entry = ship.get(new Date().toISOString(), Number(body?.id));
      return entry === undefined ? withStatus(409, { error: 'no such open entry' }) : entry;
    },
  },
  { onStop: () => database.close() },
);
