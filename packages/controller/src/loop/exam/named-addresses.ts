/**
 * Finds addresses in text: `postgres://127.0.0.1:5432/shop`, `localhost:6379`, `ECONNREFUSED
 * 127.0.0.1:5433`, `DB_HOST` beside `DB_PORT`. Bounded and linear, since a log is anybody's text.
 */

import type { Setting } from './settings-of.ts';

export type NamedAddress = Readonly<{
  host: string;
  port: number;
  /** `postgres`, `http`; null: none was written. */
  scheme: string | null;
  /** Name of the setting that holds it: `DATABASE_URL`, `database.host`; null: it has none. */
  setting: string | null;
}>;

const defaultPorts: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  redis: 6379,
  rediss: 6379,
  mongodb: 27_017,
  amqp: 5672,
  nats: 4222,
};

const url =
  /\b([a-z][a-z0-9+.-]{1,20}):\/\/(?:[^\s/@"'<>]{0,200}@)?(\[[0-9a-f:]{2,45}\]|[a-z0-9_.-]{1,253})(?::(\d{1,5}))?/gi;
const pair =
  /(?<![\w.:/@-])(\[[0-9a-f:]{2,45}\]|(?:\d{1,3}\.){3}\d{1,3}|[a-z][a-z0-9_.-]{0,252}):(\d{2,5})(?!\w|\.\w|:\d)/gi;
const maxLength = 2_000;
const maxFound = 16;

/** In order of the text, each once. */
export function addressesIn(text: string): readonly NamedAddress[] {
  const found: NamedAddress[] = [];
  const add = (host: string, port: number, scheme: string | null): void => {
    const plain = host.replaceAll(/^\[|\]$/g, '').toLowerCase();
    if (!(port > 0 && port < 65_536) || found.length >= maxFound) return;
    if (found.some((one) => one.host === plain && one.port === port)) return;
    found.push({ host: plain, port, scheme, setting: null });
  };
  // Node prints `::1:5432` without brackets.
  const cut = text.slice(0, maxLength).replaceAll(/(?<![\w:])::1:(?=\d)/g, '[::1]:');
  const rest = cut.replace(url, (whole, scheme: string, host: string, port?: string) => {
    // `postgresql+asyncpg` speaks postgresql.
    const word = scheme.toLowerCase().split('+')[0] ?? '';
    add(host, port === undefined ? (defaultPorts[word] ?? 0) : Number(port), word);
    return ' '.repeat(whole.length);
  });
  for (const [, host = '', port = ''] of rest.matchAll(pair))
    if (!isFilePlace(host)) add(host, Number(port), null);
  return found;
}

/** `server.js:12` is a line of a file. */
function isFilePlace(host: string): boolean {
  return /\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kt|php|c|cc|cpp|h|ya?ml|json|toml|sh|html|css|vue)$/i.test(
    host,
  );
}

const hostKey = /^(.*?)[_.-]?(?:HOST|HOSTNAME|ADDR|ADDRESS|SERVER)$/i;
const portKey = /^(.*?)[_.-]?PORT$/i;

/** From settings: whole addresses, and a host with the port beside it. */
export function addressesOf(settings: readonly Setting[]): readonly NamedAddress[] {
  const ports = new Map<string, number>();
  for (const { parent, key, value } of settings) {
    const prefix = portKey.exec(key)?.[1];
    if (prefix !== undefined && /^\d{1,5}$/.test(value))
      ports.set(`${parent} ${prefix.toLowerCase()}`, Number(value));
  }
  const found = settings.flatMap(({ parent, key, value }): readonly NamedAddress[] => {
    const setting = parent === '' ? key : `${parent}.${key}`;
    const whole = addressesIn(value).map((one) => ({ ...one, setting }));
    const prefix = hostKey.exec(key)?.[1];
    // HOST and PORT at the top say where it listens itself.
    if (prefix === undefined || (prefix === '' && parent === '')) return whole;
    const port = ports.get(`${parent} ${prefix.toLowerCase()}`) ?? 0;
    if (!/^[\w.:-]{1,253}$/.test(value) || !(port > 0 && port < 65_536)) return whole;
    return [...whole, { host: value.toLowerCase(), port, scheme: null, setting }];
  });
  return unique(found).slice(0, maxFound);
}

export function unique(addresses: readonly NamedAddress[]): readonly NamedAddress[] {
  const known = new Map<string, NamedAddress>();
  for (const one of addresses) {
    const key = `${one.host}:${one.port}`;
    const before = known.get(key);
    if (before === undefined || (before.scheme === null && one.scheme !== null))
      known.set(key, one);
  }
  return [...known.values()];
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
