// What every program here shares: its configuration, an HTTP server, calls with a deadline.
import './tuning.mjs';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import settings from './settings.mjs';
import { say, sayRequest } from './voice.mjs';

/** The configuration file, read once; one that cannot be used ends the program. */
export function readConfig() {
  try {
    const config = JSON.parse(readFileSync(settings.config, 'utf8'));
    for (const key of settings.wanted)
      if (config[key] === undefined) throw new TypeError(`${key} is missing`);
    return config;
  } catch (error) {
    say('fatal', 'bad-config', { file: settings.config, error: error.message });
    process.exit(settings.refusal);
  }
}

/** A variable that must be there. */
export function need(name) {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  say('fatal', 'missing-env', { name });
  process.exit(settings.refusal);
}

export const readSecret = (path) => readFileSync(path, 'utf8').trim();

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function answer(routes, request) {
  const path = request.url.split('?')[0];
  const route = routes[path] ?? routes['*'];
  if (route === undefined) return [404, { error: 'not found' }];
  try {
    return [200, await route(request)];
  } catch (error) {
    const status = error.status ?? 500;
    if (path !== settings.health) say('error', 'request-failed', { path, error: error.message });
    return [status, { error: error.message }];
  }
}

/** `routes`: path to a function of the request; what it throws becomes a 500 or its `status`. */
export function serve(routes, make = createServer) {
  const server = make(async (request, response) => {
    const beganMs = performance.now();
    const [status, value] = await answer(routes, request);
    const body = `${JSON.stringify(value)}\n`;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
    const { method, url, headers, socket } = request;
    const seen = { method, url, status, bytes: body.length, port: socket.remotePort ?? 0 };
    if (url !== settings.health)
      sayRequest({
        ...seen,
        at: new Date(),
        ms: performance.now() - beganMs,
        agent: headers['user-agent'] ?? '-',
      });
  });
  listen(server);
  return server;
}

export function listen(server) {
  const port = Number(process.env.PORT);
  server.on('error', (error) => {
    say('fatal', 'no-listen', { port, error: error.message });
    process.exit(1);
  });
  server.listen(port, process.env.HOST ?? '127.0.0.1', () => say('info', 'listening', { port }));
  onTerminate(() => server.close());
}

/** SIGTERM ends it with success. */
export function onTerminate(stop) {
  process.on('SIGTERM', () => {
    say('info', 'leaving', {});
    stop();
    setTimeout(() => process.exit(0), 50);
  });
}

/** GET with a deadline; a status of 500 and more is an error. */
export async function fetchJson(url, timeoutMs) {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  const value = await response.json();
  if (response.status >= 500) throw new Refused(502, `${url} answered ${response.status}`);
  return value;
}

export const reasonOf = (error) => error.cause?.message ?? error.message;
