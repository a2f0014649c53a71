// Ships what was ordered, takes back what customers return, and tells Fettle that it is alive. It
// listens nowhere.
import { takeReturns } from './returns.mjs';
import { addressOf, call, log, onTerminate } from './service.mjs';

const roundMs = 1_000;
const ledger = addressOf('LEDGER');
const feed = addressOf('FEED');
const pingUrl =
  process.env.FETTLE_URL === undefined ? null : `${process.env.FETTLE_URL}/ping/worker`;
let leaving = false;
let lastPingMs = 0;
onTerminate(() => {
  leaving = true;
});

async function round() {
  const open = await call(ledger, '/open');
  for (const { id } of open) {
    if (leaving) return;
    const shipped = await call(ledger, '/ship', { method: 'POST', body: { id } });
    await publish({ kind: 'shipped', id, sku: shipped.sku, amount: shipped.amount });
  }
  if (open.length > 0) log('info', `shipped ${open.length}`);
}

/** The parcel is on its way also when nobody hears of it. */
async function publish(message) {
  try {
    await call(feed, '/publish', { method: 'POST', body: message });
  } catch (error) {
    log('warn', `feed not told: ${error.message}`);
  }
}

/** After each good round, at most every 2 s. */
async function ping() {
  if (pingUrl === null || Date.now() - lastPingMs < 2_000) return;
  lastPingMs = Date.now();
  try {
    await fetch(pingUrl, { method: 'POST', signal: AbortSignal.timeout(2_000) });
  } catch (error) {
    log('warn', `no ping: ${error.message}`);
  }
}

log('info', 'ready to ship');
for (;;) {
  takeReturns();
  try {
    await round();
    await ping();
  } catch (error) {
    log('error', `round failed: ${error.message}`);
  }
  await new Promise((resolve) => setTimeout(resolve, roundMs));
}
