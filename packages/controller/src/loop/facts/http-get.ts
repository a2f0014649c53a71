/**
 * `http_get(url, timeout)`: asks a URL of this machine, or `service/path`. `{ok, status, ms}`; ok is
 * a status from 200 to 399. Redirects are not followed, since they may lead elsewhere.
 */
import type { ActionWorld } from '../actions/action-world.ts';
import { addressOf, isLoopback } from './known-address.ts';
import { numberArgument, ownTimeoutMs, textArgument, type ShellFact } from './shell-fact.ts';

const defaultMs = 2_000;

export const httpGet: ShellFact = {
  name: 'http_get',
  async answer(args, { world, timeoutMs, signal }) {
    const url = urlOf(textArgument(args, 0), world);
    if (url === null) return null;
    const ownMs = ownTimeoutMs(numberArgument(args, 1) ?? defaultMs, timeoutMs);
    const either = AbortSignal.any([signal, AbortSignal.timeout(ownMs)]);
    const beganMs = performance.now();
    const ms = (): number => Math.round((performance.now() - beganMs) * 10) / 10;
    try {
      const { status, body } = await fetch(url, { redirect: 'manual', signal: either });
      await body?.cancel();
      return { ok: status >= 200 && status < 400, status, ms: ms() };
    } catch {
      return { ok: false, status: null, ms: ms() };
    }
  },
};

/** null: neither a service of the stack nor an address of this machine. */
function urlOf(text: string, world: ActionWorld): URL | null {
  if (/^https?:\/\//i.test(text)) {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url !== null && isLoopback(url.hostname.replaceAll(/^\[|\]$/g, '')) ? url : null;
  }
  const [, service = '', path = '/'] = /^([^/]+)(\/.*)?$/.exec(text) ?? [];
  const known = world.link.stack()?.services.find(({ name }) => name === service);
  const address = known === undefined ? null : addressOf(service, world);
  if (known === undefined || address === null) return null;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const scheme = known.externalUrl?.startsWith('https:') === true ? 'https' : 'http';
  return new URL(path, `${scheme}://${host}:${address.port}`);
}
