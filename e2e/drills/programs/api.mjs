// An HTTP service: counts in its database, asks services behind it, leaves jobs for a consumer.
// What it has of these is in its configuration and settings.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { fetchJson, need, readConfig, readSecret, reasonOf, Refused, serve } from './kit.mjs';
import { openPool } from './pool.mjs';
import settings from './settings.mjs';
import { say } from './voice.mjs';

const config = readConfig();
for (const name of settings.needs) need(name);
const bases = Object.entries(settings.upstreams).map(([name, variable]) => [name, need(variable)]);
const pool =
  settings.database === null
    ? null
    : openPool({
        host: config.database?.host ?? need(`${settings.database}_HOST`),
        port: config.database?.port ?? Number(need(`${settings.database}_PORT`)),
        user: settings.name,
        password: readSecret(settings.secret),
        ...config.pool,
        timeoutMs: config.timeoutMs,
      });
if (settings.module !== null) (await import(settings.module)).default();
let served = 0;

async function count() {
  try {
    return await pool.ask('INCR', `${settings.noun}:seen`);
  } catch (error) {
    say('error', 'db-failed', { error: error.message });
    throw new Refused(503, 'storage unavailable');
  }
}

async function askBehind([name, base]) {
  try {
    return await fetchJson(`${base}/${settings.noun}`, config.timeoutMs);
  } catch (error) {
    say('error', 'upstream-failed', { name, error: reasonOf(error) });
    if (settings.optional.includes(name)) return null;
    throw new Refused(502, `${name} unavailable`);
  }
}

/** A front asks the one that the path names; others ask all that they have. */
const meantBy = (url) =>
  settings.byPath ? bases.filter(([name]) => url.slice(1).startsWith(name)) : bases;

function askSecurely({ variable, authority }) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const url = `https://localhost:${need(variable)}/sign`;
  const asked = request(url, { ca: readFileSync(authority), agent: false, timeout: 2_000 });
  asked.on('error', reject);
  asked.on('timeout', () => asked.destroy(new Error('signing timed out')));
  asked.on('response', (response) => {
    response.resume();
    response.on('end', () => resolve(response.statusCode));
  });
  asked.end();
  return promise.catch((error) => {
    say('error', 'upstream-failed', { name: settings.secure.name, error: reasonOf(error) });
    throw new Refused(502, 'no signature');
  });
}

function leaveJob() {
  const name = `${Date.now()}-${served}.json`;
  const job = { id: served, kind: settings.noun, items: [{ sku: 'a', count: 1 + (served % 3) }] };
  writeFileSync(join(settings.jobs, `.${name}`), JSON.stringify(job));
  renameSync(join(settings.jobs, `.${name}`), join(settings.jobs, name));
}

serve({
  [settings.health]: async () => {
    if (settings.deep) await count();
    return { status: 'ok' };
  },
  '*': async ({ url }) => {
    served += 1;
    const seen = pool === null ? served : await count();
    const behind = await Promise.all(meantBy(url).map(askBehind));
    if (settings.secure !== null && served % 2 === 0) await askSecurely(settings.secure);
    if (settings.jobs !== null && served % 6 === 0) leaveJob();
    return { seen, behind: behind.length };
  },
});
if (settings.chatty) setInterval(() => say('info', 'busy', { count: served }), 5_000);
