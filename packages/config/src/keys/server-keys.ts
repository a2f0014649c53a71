/**
 * Keys of the checks that speak a server's own protocol: gRPC, Redis, PostgreSQL, MCP,
 * certificates and sd_notify. Kept apart from `health-keys.ts`, which lists them with the others.
 */
import { duration, parsed, text } from '../shape/scalars.ts';
import { key, oneOf, type Shape } from '../shape/shape.ts';

/** Where a server is, and what its address says besides; null: nothing. */
export type ServerTarget = Readonly<{
  /** null: that of the instance. */
  host: string | null;
  port: number | null;
  user: string | null;
  password: string | null;
  database: string | null;
  /** null: the address does not say. */
  tls: boolean | null;
}>;

export const ownServer: ServerTarget = {
  host: null,
  port: null,
  user: null,
  password: null,
  database: null,
  tls: null,
};

type Scheme = Readonly<{ port: number | null; tls: boolean | null }>;
const redisSchemes = {
  'redis:': { port: 6_379, tls: null },
  'rediss:': { port: 6_379, tls: true },
};
const postgresSchemes = {
  'postgres:': { port: 5_432, tls: null },
  'postgresql:': { port: 5_432, tls: null },
};
const grpcSchemes = { 'grpc:': { port: null, tls: false }, 'grpcs:': { port: null, tls: true } };
const tlsSchemes = {
  'https:': { port: 443, tls: true },
  'wss:': { port: 443, tls: true },
  'tls:': { port: null, tls: true },
};

/** null: neither true, a port, host:port, nor an address of one of these schemes. */
export function readServer(
  written: string,
  schemes: Readonly<Record<string, Scheme>>,
): ServerTarget | null {
  if (written === 'true') return ownServer;
  if (written.includes('://')) return readServerUrl(written, schemes);
  const match = /^(?:(\[[^\]]+\]|[\w.-]+):)?(\d{1,5})$/.exec(written);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) return null;
  return { ...ownServer, host: match[1]?.replaceAll(/[[\]]/g, '') ?? null, port };
}

function readServerUrl(
  written: string,
  schemes: Readonly<Record<string, Scheme>>,
): ServerTarget | null {
  const url = URL.parse(written);
  const scheme = url === null ? undefined : schemes[url.protocol];
  if (url === null || scheme === undefined || url.hostname === '') return null;
  const port = url.port === '' ? scheme.port : Number(url.port);
  if (port === null || port === 0) return null;
  const word = (part: string): string | null => (part === '' ? null : plain(part));
  const mode = url.searchParams.get('sslmode');
  return {
    host: url.hostname.replaceAll(/[[\]]/g, ''),
    port,
    user: word(url.username),
    password: word(url.password),
    database: word(url.pathname.replace(/^\//, '')),
    tls: mode === null ? scheme.tls : !['disable', 'allow', 'prefer'].includes(mode),
  };
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Not percent-encoded: taken as it stands.
    return part;
  }
}

function serverShape(example: string, schemes: Readonly<Record<string, Scheme>>) {
  const wanted = `true, a port, host:port, or an address such as ${example}`;
  const json = { type: ['boolean', 'integer', 'string'] };
  return oneOf<ServerTarget>(wanted, [
    parsed({ wanted, code: 'E-CONFIG-URL', json }, (written) => readServer(written, schemes)),
  ]);
}

export const redisTarget = serverShape('redis://:secret@127.0.0.1:6379', redisSchemes);
export const postgresTarget = serverShape('postgres://me@127.0.0.1:5432/shop', postgresSchemes);
export const grpcTarget = serverShape('grpcs://cart.internal:443', grpcSchemes);
export const certificateTarget = serverShape('https://shop.example', tlsSchemes);

export const serverSchemes: Readonly<Record<string, Readonly<Record<string, Scheme>>>> = {
  redis: redisSchemes,
  postgres: postgresSchemes,
  grpc: grpcSchemes,
  certificate: tlsSchemes,
};

export type TlsWord = 'on' | 'off' | 'unverified';
const tlsShape: Shape<TlsWord> = parsed(
  {
    wanted: 'true, false or unverified',
    code: 'E-CONFIG-VALUE',
    json: { type: ['boolean', 'string'] },
    like: ['unverified'],
  },
  (written) => {
    if (['true', 'yes', 'on'].includes(written)) return 'on';
    if (['false', 'no', 'off'].includes(written)) return 'off';
    return written === 'unverified' ? 'unverified' : null;
  },
);

const onlyTrue = parsed(
  { wanted: 'true', code: 'E-CONFIG-VALUE', json: { type: ['boolean', 'string'] } },
  (written) => (written === 'true' ? true : null),
);

/** The kinds of checks; `mcp`, which wants an HTTP target, stands in `health-keys.ts`. */
export const serverKinds = {
  grpc: key(
    grpcTarget,
    'fettle',
    'Ask the gRPC health service: true for the own port, or an address.',
  ),
  redis: key(redisTarget, 'fettle', 'PING a Redis: true for the own port, or an address.'),
  postgres: key(
    postgresTarget,
    'fettle',
    'Ask a PostgreSQL: takes connections; with a user, `SELECT 1`.',
  ),
  certificate: key(
    certificateTarget,
    'fettle',
    'See how long the certificates are valid that are shown there.',
  ),
  notify: key(onlyTrue, 'fettle', 'The service says READY=1 on NOTIFY_SOCKET, as under systemd.'),
} as const;

export const serverKeys = {
  service: key(text(), 'fettle', 'grpc: the service to ask for; the whole server unless told.'),
  user: key(text(), 'fettle', 'redis, postgres: who asks; needed for `SELECT 1`.'),
  password: key(text(), 'fettle', 'redis, postgres: the password; write `${NAME}`, never itself.'),
  database: key(text(), 'fettle', 'postgres: the database; as the user is called unless told.'),
  tls: key(
    tlsShape,
    'fettle',
    'grpc, redis, postgres: speak TLS; `unverified` takes any certificate.',
  ),
  ca: key(text('a file'), 'fettle', 'A PEM file with the authority to trust.'),
  server_name: key(
    text('a name'),
    'fettle',
    'The name that the certificate must be made out to; the host unless told.',
  ),
  left: key(
    duration(),
    'fettle',
    'certificate: down when one ends sooner than this; 14d unless told.',
  ),
  watchdog: key(
    duration({ positive: true }),
    'fettle',
    'notify: WATCHDOG=1 is due this often; never unless told.',
  ),
} as const;
