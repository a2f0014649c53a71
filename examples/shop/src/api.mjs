// Takes orders: asks for the price, writes the book. Without pricing it sells at list prices.
import { listCents } from './prices.mjs';
import { leaveReturn } from './returns.mjs';
import { addressOf, call, log, readConfig, serve, withStatus } from './service.mjs';

const { maxAmount, priceTimeoutMs, ledgerUrl } = readConfig('api');
const ledger = ledgerUrl ?? addressOf('LEDGER');
const pricing = process.env.PRICING_URL ?? null;
let priced = 'pricing';

async function priceOf(sku, amount) {
  if (pricing !== null)
    try {
      const { cents } = await call(pricing, `/price?sku=${sku}&amount=${amount}`, {
        timeoutMs: priceTimeoutMs,
      });
      note('pricing');
      return cents;
    } catch (error) {
      note('list prices', error.message);
    }
  return listCents[sku] * amount;
}

/** Says once that it sells by other prices, not with each order. */
function note(source, because) {
  if (priced === source) return;
  priced = source;
  log(source === 'pricing' ? 'info' : 'warn', `prices now come from ${source}`, { because });
}

serve({
  // Asks nobody: a restart of the API would not mend the ledger.
  'GET /livez': () => ({ status: 'ok' }),
  'GET /healthz': async () => {
    const { entries } = await call(ledger, '/healthz', { timeoutMs: 1_000 });
    return { status: 'ok', entries, prices: priced };
  },
  'GET /orders': ({ url }) => call(ledger, `/entries?n=${url.searchParams.get('n') ?? 10}`),
  'POST /orders': async ({ body }) => {
    const { sku, amount = 1 } = body ?? {};
    if (!Object.hasOwn(listCents, sku ?? ''))
      return withStatus(400, { error: `unknown article ${sku}` });
    if (!Number.isInteger(amount) || amount < 1 || amount > maxAmount)
      return withStatus(400, { error: `amount is 1 to ${maxAmount}` });
    const cents = await priceOf(sku, amount);
    const entry = await call(ledger, '/entries', { method: 'POST', body: { sku, amount, cents } });
    log('info', `order ${entry.id}: ${amount} x ${sku}`, { cents });
    return withStatus(201, entry);
  },
  'POST /returns': ({ body }) => {
    const { sku, amount = 1 } = body ?? {};
    if (!Object.hasOwn(listCents, sku ?? ''))
      return withStatus(400, { error: `unknown article ${sku}` });
    return withStatus(202, { id: leaveReturn({ sku, amount }) });
  },
});
