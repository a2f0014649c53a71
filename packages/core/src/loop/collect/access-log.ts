/**
 * Reads a line of an access log: what was asked, how it was answered and how long that took.
 *
 * Formats: common and combined (Apache, nginx, gunicorn, werkzeug, morgan), uvicorn, morgan's dev,
 * tiny and short, and JSON lines of pino-http, fastify and the like. What a client of ours asked of
 * others is no access, and a line that is not surely one is none. Sources: Apache `mod_log_config`,
 * nginx `ngx_http_log_module`, gunicorn `access_log_format`, morgan's README, pino-http.
 */

export type Access = Readonly<{
  status: number;
  /** null: the format does not tell. */
  durationMs: number | null;
  /** Upper case; null: the format does not tell. */
  method: string | null;
  /** Without the query; null: the format does not tell. */
  path: string | null;
}>;

const methods = 'GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PROPFIND';

/** `"GET /path HTTP/1.1" 200 123 …`, whatever stands before it. */
const quoted = new RegExp(
  String.raw`"(${methods}) (\S{1,4000}) HTTP/\d(?:\.\d)?" (\d{3})(?: |$)(.*)$`,
);
/** Requests that the service itself made, as urllib3 tells them. */
const outgoing = /https?:\/\/\S{1,300} $/;
/** `GET /path 200 3.1 ms - 12` (dev), `GET /path 200 12 - 3.1 ms` (tiny). */
const morgan = new RegExp(
  String.raw`^(${methods}) (\S{1,4000}) (\d{3}) (?:([\d.]+) ms - (?:\d+|-)|(?:\d+|-) - ([\d.]+) ms)$`,
);
/** `::1 - GET /path HTTP/1.1 200 12 - 3.1 ms` (short). */
const short = new RegExp(
  String.raw`^\S+ \S+ (${methods}) (\S{1,4000}) HTTP/\d\.\d (\d{3}) (?:\d+|-) - ([\d.]+) ms$`,
);
/** After the referer and the agent: seconds (nginx `$request_time`), or µs (gunicorn `%(D)s`). */
const trailing = /"[^"]*" (?:"[^"]*" )?(?:(\d+\.\d+)|(\d+))$/;
/** `rt=0.012`, `request_time=0.012`. */
const named = /\b(?:rt|request_time)="?(\d+\.\d+)/;

/** Of a plain line, colours stripped. */
export function readAccess(line: string): Access | null {
  if (line.includes('HTTP/')) return readQuoted(line) ?? readParts(short.exec(line));
  return line.endsWith(' ms') || line.includes(' ms - ') ? readParts(morgan.exec(line)) : null;
}

function readQuoted(line: string): Access | null {
  const found = quoted.exec(line);
  if (found === null || outgoing.test(line.slice(0, found.index))) return null;
  const [, method = '', target = '', status, rest = ''] = found;
  return { status: Number(status), durationMs: durationIn(rest), method, path: pathOf(target) };
}

function durationIn(rest: string): number | null {
  const seconds = named.exec(rest)?.[1] ?? trailing.exec(rest)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1000;
  const micros = trailing.exec(rest)?.[2];
  return micros === undefined ? null : Number(micros) / 1000;
}

function readParts(found: RegExpExecArray | null): Access | null {
  if (found === null) return null;
  const [, method = '', target = '', status, first, second] = found;
  const durationMs = Number(first ?? second);
  return { status: Number(status), durationMs, method, path: pathOf(target) };
}

function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/]+/, '');
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

type Fields = Readonly<Record<string, unknown>>;

const durationKeys = ['responseTime', 'durationMs', 'duration_ms', 'elapsed_ms', 'latency_ms'];
const statusKeys = ['statusCode', 'status_code', 'status', 'http.status_code'];

/** Of a JSON or logfmt line's fields. */
export function readAccessFields(fields: Fields): Access | null {
  const request = recordOf(fields['req'] ?? fields['request']);
  const response = recordOf(fields['res'] ?? fields['response']);
  const status = firstNumber(response ?? {}, statusKeys) ?? firstNumber(fields, statusKeys);
  if (status === null || status < 100 || status > 599) return null;
  const method = textOf(request?.['method'] ?? fields['method']);
  const target = textOf(request?.['url'] ?? fields['url'] ?? fields['path']);
  const durationMs = firstNumber(fields, durationKeys);
  // A status alone is anything: some part of a request must stand beside it.
  if (response === null && (method === null || target === null)) return null;
  if (response !== null && durationMs === null && method === null) return null;
  const path = target === null ? null : pathOf(target);
  return { status, durationMs, method: method?.toUpperCase() ?? null, path };
}

function recordOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : null;
}

function firstNumber(fields: Fields, keys: readonly string[]): number | null {
  for (const key of keys) {
    const value = Number(fields[key] ?? Number.NaN);
    if (Number.isFinite(value) && value >= 0) return value;
  }
  return null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
