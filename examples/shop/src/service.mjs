// What every HTTP service of the shop shares: it listens where PORT says, answers JSON, and leaves
// in good order on SIGTERM.
import { once } from 'node:events';
import { readFileSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const statusOf = Symbol('status');
export const withStatus = (status, value) => ({ [statusOf]: status, value });

/** `routes`: 'GET /path' to a function that returns a value, or `withStatus(status, value)`. */
export function serve(routes, { onStop = () => {}, onRequest = null, onDone = null } = {}) {
  const server = createServer(async (request, response) => {
    // A client that keeps its line open would send the next request to a server that leaves.
    if (!server.listening) response.setHeader('connection', 'close');
    if (onDone !== null) response.on('finish', timed(request, response, onDone));
    const url = new URL(request.url, 'http://shop');
    try {
      if (onRequest !== null && (await onRequest(request, response, url))) return;
      const route = routes[`${request.method} ${url.pathname}`];
      if (route === undefined) return reply(response, 404, { error: `no ${url.pathname} here` });
      const result = await route({ url, body: await readJson(request) });
      const status = result?.[statusOf];
      if (status === undefined) reply(response, 200, result);
      else reply(response, status, result.value);
    } catch (error) {
      log('error', `${request.method} ${url.pathname}: ${error.message}`);
      if (!response.headersSent) reply(response, error.status ?? 500, { error: error.message });
    }
  });
  listen(server);
  // Who has asked gets an answer; then nobody is left to be cut off.
  const underWay = new Set();
  server.on('request', (_, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  onTerminate(async () => {
    server.close();
    await Promise.all([...underWay].map((response) => once(response, 'close')));
    server.closeAllConnections();
    return onStop();
  });
  return server;
}

/** Tells what was asked, what was answered, and how long it took. */
function timed({ method, url }, response, tell) {
  const beganMs = performance.now();
  return () => tell(method, url, response.statusCode, Math.round(performance.now() - beganMs));
}

export function listen(server) {
  const port = Number(process.env.PORT ?? 0);
  const host = process.env.HOST ?? '127.0.0.1';
  server.listen(port, host, () => log('info', `listening on ${host}:${server.address().port}`));
}

/** Ends with success on SIGTERM and SIGINT, after `stop` and within 3 s. */
export function onTerminate(stop) {
  let stopping = false;
  const leave = async (signal) => {
    if (stopping) return;
    stopping = true;
    log('info', `${signal}: leaving`);
    setTimeout(() => process.exit(0), 3_000).unref();
    await stop();
    process.exit(0);
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
}

/** One JSON line: level, time, message and fields. */
export function log(level, msg, fields = {}) {
  console.log(JSON.stringify({ level, time: new Date().toISOString(), msg, ...fields }));
}

/** Calls another service of the shop; a bad status or no answer in time is an error. */
export async function call(base, path, { method = 'GET', body, timeoutMs = 2_000 } = {}) {
  const response = await fetch(new URL(path, base), {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const value = await response.json();
  if (response.ok) return value;
  throw Object.assign(new Error(`${path}: HTTP ${response.status}: ${value.error}`), {
    status: response.status >= 500 ? 502 : response.status,
  });
}

/**
 * The replicas of a service that are ready, as Fettle writes them down (API_ENDPOINTS names the
 * file), one after another; the one address that everybody gets where there is no such file.
 */
export function replicasOf(name) {
  const file = process.env[`${name}_ENDPOINTS`];
  const only = addressOf(name);
  let urls = [only];
  let turn = 0;
  const read = () => {
    try {
      const { endpoints } = JSON.parse(readFileSync(file, 'utf8'));
      // With nobody ready the last known are as good as any.
      if (endpoints.length > 0) urls = endpoints.map(({ url }) => url);
    } catch {
      // Not written yet.
    }
  };
  if (file !== undefined) {
    read();
    setInterval(read, 1_000).unref();
    try {
      watch(dirname(file), (_, changed) => changed === basename(file) && read()).unref();
    } catch {
      // The look once a second has to do.
    }
  }
  return {
    next: () => urls[turn++ % urls.length],
    count: () => urls.length,
  };
}

const neverArrived = new Set(['ECONNREFUSED', 'EHOSTUNREACH']);

/** As `call`, to the next replica. What never reached one is asked of another, once each. */
export async function callOne(replicas, path, options) {
  for (let tries = replicas.count(); ; tries -= 1)
    try {
      return await call(replicas.next(), path, options);
    } catch (error) {
      if (tries <= 1 || !neverArrived.has(error.cause?.code)) throw error;
      log('warn', `${path}: asked another replica`, { code: error.cause.code });
    }
}

/** A file of config/, read once at the start. */
export function readConfig(name) {
  const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'config', `${name}.json`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    log('error', `cannot read config/${name}.json: ${error.message}`);
    process.exit(78);
  }
}

/** The address of a dependency, as Fettle gives it: LEDGER_URL and so on. */
export function addressOf(name) {
  const address = process.env[`${name}_URL`];
  if (address !== undefined) return address;
  throw new Error(`missing required environment variable ${name}_URL`);
}

export function reply(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
}

async function readJson(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 65_536) throw Object.assign(new Error('body too large'), { status: 413 });
  }
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw Object.assign(new Error('the body is no JSON'), { status: 400 });
  }
}
