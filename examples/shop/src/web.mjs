// The front of the shop: the page, and a proxy to the API and the bridge.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addressOf, call, callOne, log, replicasOf, serve, withStatus } from './service.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const api = replicasOf('API');
const bridge = addressOf('BRIDGE');
const pages = {
  '/': ['text/html; charset=utf-8', join(here, 'page.html')],
  '/page.js': ['text/javascript', join(here, 'page.js')],
  '/settings.js': ['text/javascript', join(here, '..', 'data', 'settings.js')],
};

async function servePage(request, response, url) {
  const page = request.method === 'GET' ? pages[url.pathname] : undefined;
  if (page === undefined) return false;
  const [type, file] = page;
  const text = await readFile(file);
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' });
  response.end(text);
  return true;
}

/** The access log, in the format of pino-http; health checks would drown it. */
function logRequest(method, url, statusCode, responseTime) {
  if (url === '/healthz') return;
  const level = statusCode >= 500 ? 'error' : 'info';
  const res = { statusCode };
  log(level, 'request completed', { req: { method, url }, res, responseTime });
}

serve(
  {
    'GET /healthz': () => ({ status: 'ok' }),
    'GET /api/orders': ({ url }) => callOne(api, `/orders${url.search}`),
    'POST /api/orders': async ({ body }) =>
      withStatus(201, await callOne(api, '/orders', { method: 'POST', body })),
    'POST /api/returns': async ({ body }) =>
      withStatus(202, await callOne(api, '/returns', { method: 'POST', body })),
    'GET /api/convert': ({ url }) => call(bridge, `/convert${url.search}`),
  },
  { onRequest: servePage, onDone: logRequest },
);
