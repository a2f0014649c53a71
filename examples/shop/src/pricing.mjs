// Twin of pricing.py, for machines without Python.
import { listCents } from './prices.mjs';
import { serve, withStatus } from './service.mjs';

serve({
  'GET /healthz': () => ({ status: 'ok', articles: Object.keys(listCents).length }),
  'GET /price': ({ url }) => {
    const sku = url.searchParams.get('sku');
    const amount = Number(url.searchParams.get('amount') ?? 1);
    if (!(sku in listCents) || !Number.isInteger(amount))
      return withStatus(400, { error: `no price: ${sku}` });
    const rebate = amount >= 10 ? 0.9 : amount >= 5 ? 0.95 : 1;
    return { sku, amount, cents: Math.round(listCents[sku] * amount * rebate) };
  },
});
