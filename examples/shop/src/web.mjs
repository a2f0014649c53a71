// The front of the shop: the page, and a proxy to the API and the bridge.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addressOf, call, serve, withStatus } from './service.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const api = addressOf('API');
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

serve(
  {
    'GET /healthz': () => ({ status: 'ok' }),
    'GET /api/orders': ({ url }) => call(api, `/orders${url.search}`),
    'POST /api/orders': async ({ body }) =>
      withStatus(201, await call(api, '/orders', { method: 'POST', body })),
    'GET /api/convert': ({ url }) => call(bridge, `/convert${url.search}`),
  },
  { onRequest: servePage },
);
