/**
 * The dashboard's built files, and `index.html` for every view of it.
 *
 * Files are listed once at start, so that no request can name a path outside the folder. The
 * Content-Security-Policy allows our own origin and nothing else. Source: W3C CSP Level 3.
 */
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** A year for files whose name holds a hash of their content. */
const hashedCache = 'public, max-age=31536000, immutable';
const maxFiles = 2_000;

type File = Readonly<{ path: string; sizeBytes: number; etag: string }>;

export type StaticFiles = Readonly<{
  /** false: not a file of the dashboard and not a view of it. */
  send(request: FastifyRequest, reply: FastifyReply): boolean;
}>;

export function createStaticFiles(dir: string | null): StaticFiles {
  const files = dir === null ? new Map<string, File>() : listFiles(dir);
  return {
    send(request, reply) {
      const path = decoded(request.url.split('?')[0] ?? '/');
      const wantsPage = (request.headers.accept ?? '').includes('text/html');
      const isView = path === '/' || (wantsPage && extname(path) === '' && !isApi(path));
      const file = files.get(path) ?? (isView ? files.get('/index.html') : undefined);
      if (file === undefined) return false;
      void reply.header('etag', file.etag);
      const hashed = path.startsWith('/assets/');
      void reply.header('cache-control', hashed ? hashedCache : 'no-cache');
      if (request.headers['if-none-match'] === file.etag) {
        void reply.code(304).send();
        return true;
      }
      void reply
        .type(contentTypes[extname(file.path)] ?? 'application/octet-stream')
        .header('content-length', file.sizeBytes);
      void (request.method === 'HEAD' ? reply.send() : reply.send(createReadStream(file.path)));
      return true;
    },
  };
}

function isApi(path: string): boolean {
  return /^\/(api|v1|ping|metrics)(\/|$)/.test(path);
}

function listFiles(dir: string): Map<string, File> {
  const files = new Map<string, File>();
  const entries = listOrNone(dir).slice(0, maxFiles);
  for (const name of entries) {
    const path = join(dir, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) continue;
    const etag = `"${stat.size.toString(36)}-${Math.floor(stat.mtimeMs).toString(36)}"`;
    files.set(`/${name.replaceAll('\\', '/')}`, { path, sizeBytes: stat.size, etag });
  }
  return files;
}

function listOrNone(dir: string): readonly string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
