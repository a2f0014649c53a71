/**
 * Calls a URL that the runbook writes: on this machine, or of a host that the config names.
 * Redirects are not followed, since they may lead elsewhere.
 */
import { failed, refused } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { mayCall } from '../facts/known-address.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

export const httpCall: Action = {
  name: 'http.call',
  describe: (params) => `call ${String(params['url'])}`,
  plan(params, world) {
    const { url, method } = requestOf(params, world);
    const text = `${method} ${url.href}`;
    const body = params['body'] === undefined ? '' : ` -d '${String(params['body'])}'`;
    return Promise.resolve(plan(text, `curl -X ${method}${body} '${url.href}'`, []));
  },
  capture(params, world) {
    const { url, method } = requestOf(params, world);
    return Promise.resolve({ url: url.href, method });
  },
  async apply(params, _capture, { world, key, signal }) {
    const { url, method } = requestOf(params, world);
    const { body } = params;
    const given = body === undefined ? {} : { body: String(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { 'idempotency-key': key, ...type };
    const redirect = 'manual';
    const answer = await fetch(url, { method, headers, redirect, signal, ...given }).catch(
      (cause: unknown) => {
        throw failed(`${url.host} did not answer`, cause);
      },
    );
    await answer.body?.cancel();
    if (!answer.ok) throw failed(`${url.host} answered ${answer.status}`);
    return `${url.host} answered ${answer.status}`;
  },
  undo: null,
  observe: () => Promise.resolve('unknown'),
};

function requestOf(params: ActParams, world: ActionWorld): Readonly<{ url: URL; method: string }> {
  const text = String(params['url']);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw refused(`${text} is no http or https URL`, 'Correct the runbook.');
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  if (!mayCall(host, world.link.stack()))
    throw refused(`${host} is not named in the config`, 'Only hosts of the config are called.');
  const method = String(params['method'] ?? 'POST').toUpperCase();
  if (!methods.includes(method)) throw refused(`${method} is no method`, methods.join(', '));
  return { url, method };
}
