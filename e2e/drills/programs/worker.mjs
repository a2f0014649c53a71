// A worker without a port: does a round every second and tells Fettle that it lives.
import { need, onTerminate, readConfig, readSecret } from './kit.mjs';
import { openPool } from './pool.mjs';
import settings from './settings.mjs';
import { say } from './voice.mjs';

const config = readConfig();
const pool = openPool({
  host: need(`${settings.database}_HOST`),
  port: Number(need(`${settings.database}_PORT`)),
  user: settings.name,
  password: readSecret(settings.secret),
  ...config.pool,
  timeoutMs: config.timeoutMs,
});
let rounds = 0;
onTerminate(() => {});

say('info', 'ready', {});
for (;;) {
  try {
    rounds += 1;
    await pool.ask('INCR', `${settings.noun}:rounds`);
    if (rounds % 10 === 0) say('info', 'round-done', { count: rounds });
    await fetch(`${process.env.FETTLE_URL}/ping/${settings.name}`, { method: 'POST' });
  } catch (error) {
    say('error', 'round-failed', { error: error.message });
  }
  await new Promise((resolve) => setTimeout(resolve, config.roundMs));
}
