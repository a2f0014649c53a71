// Customers. An open loop: they arrive by chance (Poisson), RATE a second on average, and do not
// wait for each other, so that a slow shop is seen as slow.
import { addressOf, log, onTerminate } from './service.mjs';

const rate = Number(process.env.RATE ?? 5);
const reportMs = 10_000;
const maxUnderWay = 200;
const web = addressOf('WEB');
const articles = ['tea', 'cup', 'pot', 'spoon'];
let underWay = 0;
let seen = fresh();

function fresh() {
  return { durationsMs: [], failed: 0, skipped: 0, reason: null };
}

const pick = (list) => list[Math.floor(Math.random() * list.length)];

function request() {
  const chance = Math.random();
  if (chance < 0.4) return ['/', {}];
  if (chance < 0.6) return ['/api/orders?n=5', {}];
  if (chance < 0.75) return [`/api/convert?amount=10&to=${pick(['USD', 'GBP', 'JPY'])}`, {}];
  const body = JSON.stringify({ sku: pick(articles), amount: 1 + Math.floor(Math.random() * 12) });
  return [chance < 0.78 ? '/api/returns' : '/api/orders', { method: 'POST', body }];
}

async function visit() {
  if (underWay >= maxUnderWay) {
    seen.skipped += 1;
    return;
  }
  const [path, options] = request();
  const beganMs = performance.now();
  underWay += 1;
  try {
    const answer = await fetch(new URL(path, web), {
      ...options,
      signal: AbortSignal.timeout(5_000),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    seen.durationsMs.push(performance.now() - beganMs);
  } catch (error) {
    seen.failed += 1;
    seen.reason = `${path}: ${error.cause?.code ?? error.message}`;
  } finally {
    underWay -= 1;
  }
}

function report() {
  const sorted = seen.durationsMs.toSorted((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  const { failed, skipped, reason } = seen;
  const counts = `${sorted.length} served, ${failed} failed, ${skipped} turned away`;
  const fields = { p50Ms: at(0.5), p95Ms: at(0.95), ...(reason === null ? {} : { reason }) };
  log(failed > 0 ? 'warn' : 'info', `${counts} in ${reportMs / 1_000}s`, fields);
  seen = fresh();
}

function arrive() {
  void visit();
  setTimeout(arrive, (-Math.log(1 - Math.random()) / rate) * 1_000);
}

log('info', `customers arrive, ${rate} a second`);
arrive();
setInterval(report, reportMs);
onTerminate(() => report());
