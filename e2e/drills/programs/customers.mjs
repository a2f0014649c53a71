// Customers: they arrive by chance (Poisson), `rate` a second, and do not wait for each other.
import { need, onTerminate, readConfig } from './kit.mjs';
import settings from './settings.mjs';
import { told } from './tuning.mjs';
import { say } from './voice.mjs';

const config = readConfig();
const base = need(settings.front);
const seen = { served: 0, failed: 0, reason: '' };
let underWay = 0;
onTerminate(() => {});

async function visit() {
  if (underWay > 50) return;
  underWay += 1;
  try {
    const path = settings.paths[Math.floor(Math.random() * settings.paths.length)];
    const answer = await fetch(`${base}/${path}`, { signal: AbortSignal.timeout(4_000) });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    seen.served += 1;
  } catch (error) {
    seen.failed += 1;
    seen.reason = error.cause?.code ?? error.message;
  } finally {
    underWay -= 1;
  }
}

/** Told `rate 2`, twice as many come. */
const rate = () => config.rate * (told().word === 'rate' ? Number(told().args[0]) : 1);

function arrive() {
  void visit();
  setTimeout(arrive, (-Math.log(1 - Math.random()) / rate()) * 1_000);
}

say('info', 'ready', {});
arrive();
setInterval(() => {
  say(seen.failed > 0 ? 'warn' : 'info', 'visits', seen);
  Object.assign(seen, { served: 0, failed: 0, reason: '' });
}, 10_000);
