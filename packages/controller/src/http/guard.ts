/**
 * Who may talk to us: Host allow-list, Origin of every request that acts, token and role.
 *
 * A web page elsewhere can make the browser call 127.0.0.1. The Host check stops DNS rebinding, the
 * Origin check stops forged commands, and no CORS header is ever sent, so that no other page reads
 * an answer. On the Unix socket the folder's mode (0700) is the guard. Sources: OWASP "CSRF
 * Prevention Cheat Sheet", Fetch Metadata.
 */
import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { Role } from '../store.ts';
import { configOf } from './route-config.ts';
import { roleSuffices, type Tokens } from './tokens.ts';

export type GuardOptions = Readonly<{
  /** Address that we listen on. */
  host: string;
  /** Further names that a proxy in front of us uses. */
  allowedHosts: readonly string[];
  tokens: Tokens;
  /** Was it accepted by the Unix socket's server? */
  isLocalSocket: (request: FastifyRequest) => boolean;
}>;

export const sessionCookie = 'fettle_session';

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** An onRequest hook. */
export function createGuard(
  options: GuardOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const anyAddress = options.host === '0.0.0.0' || options.host === '::';
  const names = new Set(['localhost', '127.0.0.1', '::1', options.host, ...options.allowedHosts]);
  const needsToken = !isLoopback(options.host);
  const hostAllowed = (name: string): boolean =>
    names.has(name) || (anyAddress && isIP(name) !== 0);
  return (request) => {
    if (options.isLocalSocket(request)) return Promise.resolve();
    const host = request.headers.host ?? '';
    if (!hostAllowed(hostName(host)))
      return Promise.reject(denied('E-AUTH-HOST', 'this Host is not allowed', hostHint));
    if (acts(request) && !originAllowed(request, host))
      return Promise.reject(denied('E-AUTH-ORIGIN', 'this Origin may not act here', originHint));
    const { role } = configOf(request);
    if (!needsToken || role === null) return Promise.resolve();
    const failure = tokenFailure(request, options.tokens, role);
    return failure === null ? Promise.resolve() : Promise.reject(failure);
  };
}

const hostHint = 'call it by its address, or set FETTLE_ALLOWED_HOSTS';
const originHint = 'commands come from the CLI or from the page that Fettle serves';

function acts(request: FastifyRequest): boolean {
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') return true;
  return configOf(request).acts === true;
}

/** No Origin: not a browser, or a same-origin GET. `Origin: null` is foreign. */
function originAllowed({ headers }: FastifyRequest, host: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return false;
  const { origin } = headers;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

function tokenFailure(request: FastifyRequest, tokens: Tokens, needed: Role): FettleError | null {
  const token = tokenOf(request);
  const row = token === null ? null : tokens.check(token);
  if (row === null)
    return new FettleError('E-AUTH-TOKEN', 'a valid token is required', {
      hint: 'send authorization: Bearer TOKEN',
      status: 401,
      exitCode: 4,
    });
  if (roleSuffices(row.role, needed)) return null;
  return denied(
    'E-AUTH-ROLE',
    `this needs the role ${needed}, the token has ${row.role}`,
    'use a token with that role',
  );
}

function tokenOf({ headers }: FastifyRequest): string | null {
  const bearer = /^Bearer ([\w-]{1,200})$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const cookie = new RegExp(`(?:^|;\\s*)${sessionCookie}=([\\w-]{1,200})`);
  return cookie.exec(headers.cookie ?? '')?.[1] ?? null;
}

function denied(code: string, message: string, hint: string): FettleError {
  return new FettleError(code, message, { hint, status: 403, exitCode: 4 });
}

/** `[::1]:7700` is `::1`. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  return bracketed ?? host.replace(/:\d+$/, '').toLowerCase();
}
