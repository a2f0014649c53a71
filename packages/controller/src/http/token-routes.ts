/** Tokens for callers from elsewhere, and the exchange of a token for a browser's session. */
import { z } from 'zod';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { TokenRow } from '../store.ts';
import type { ApiParts } from './api-parts.ts';
import { sessionCookie } from './guard.ts';
import type { Routes } from './route.ts';

const issueBody = z.object({
  role: z.enum(['viewer', 'operator', 'admin']),
  once: z.boolean().optional().meta({ description: 'Good for one exchange only' }),
  ttlSeconds: z.int().min(1).max(31_536_000).optional(),
});
const sessionBody = z.object({ token: z.string().min(1).max(200) });

export function addTokenRoutes(routes: Routes, { tokens }: ApiParts): void {
  routes.add({
    method: 'POST',
    path: '/api/v1/tokens',
    id: 'issueToken',
    tag: 'access',
    summary: 'Make a token; it is told once',
    role: 'admin',
    secret: true,
    body: issueBody,
    answer: { description: 'The token', schema: 'TokenDocument' },
    problems: [409],
    handle(request) {
      const { role, once, ttlSeconds } = request.body as z.infer<typeof issueBody>;
      const ttlMs = ttlSeconds === undefined ? null : ttlSeconds * 1_000;
      const { token, row } = tokens.issue({ role, once: once ?? false, ttlMs });
      return tokenDocument(row, token);
    },
  });
  routes.add({
    method: 'POST',
    path: '/api/v1/session',
    id: 'openSession',
    tag: 'access',
    summary: 'Exchange a token for a session cookie of 12 hours',
    role: null,
    secret: true,
    body: sessionBody,
    answer: {
      description: 'The cookie is set; the token is not repeated',
      schema: 'TokenDocument',
    },
    problems: [409],
    handle(request, reply) {
      const { token } = request.body as z.infer<typeof sessionBody>;
      const session = tokens.exchange(token);
      if (session === null)
        throw new FettleError('E-AUTH-TOKEN', 'this token is not valid', {
          hint: 'ask for a fresh one on the machine where Fettle runs',
          status: 401,
          exitCode: 4,
        });
      const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
      void reply.header(
        'set-cookie',
        `${sessionCookie}=${session.token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200${secure}`,
      );
      return tokenDocument(session.row, null);
    },
  });
}

function tokenDocument({ id, role, once, expiresAtMs }: TokenRow, token: string | null) {
  const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
  return { schema: 'fettle.token/v1', id, role, once, expiresAt, token };
}
