/** Keys of our `health:` and of Compose's `healthcheck:`. */
import { count, duration, flag, listWords, text, words, parsed } from '../shape/scalars.ts';
import { mapping } from '../shape/mapping.ts';
import {
  anything,
  filled,
  key,
  listOf,
  mapOf,
  mapped,
  oneOf,
  type Key,
  type Located,
  type Shape,
} from '../shape/shape.ts';
import { serverKeys, serverKinds } from './server-keys.ts';

const statusForm = '200, 200-299 or a list of these';
export type StatusRange = Readonly<{ from: number; to: number }>;

const status = parsed<StatusRange>(
  { wanted: statusForm, code: 'E-CONFIG-VALUE', json: { type: ['integer', 'string'] } },
  (written) => {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(written);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    return match === null || from > to ? null : { from, to };
  },
);
const statusShape = oneOf<readonly StatusRange[]>(statusForm, [
  mapped(listOf(status, statusForm), (items) => items.map((item) => item.value)),
  mapped(status, (range) => [range]),
]);

/** `{method: GET, path: /x}` is never needed: an address or a path says where. */
export const argv = mapped(
  listOf(text('text', { empty: true }), 'a command: text or a list'),
  (items) => items.map((item) => item.value),
);
export type CommandText = Readonly<
  { kind: 'text'; text: string } | { kind: 'list'; words: readonly string[] }
>;
export const commandShape: Shape<CommandText> = oneOf<CommandText>(
  'a command: text or a list of words',
  [
    mapped(argv, (found): CommandText => ({ kind: 'list', words: found })),
    mapped(text('a command', { empty: true }), (found): CommandText => ({
      kind: 'text',
      text: found,
    })),
  ],
);

const tcpTarget = oneOf<string>('true, a port, or host:port', [
  parsed(
    {
      wanted: 'true, a port, or host:port',
      code: 'E-CONFIG-PORT',
      json: { type: ['boolean', 'integer', 'string'] },
    },
    (written) => {
      if (written === 'true') return '';
      const match = /^(?:(?:tcp:\/\/)?(?:\[[^\]]+\]|[\w.-]+):)?(\d{1,5})$/.exec(written);
      const port = Number(match?.[1]);
      return match !== null && port >= 1 && port <= 65_535 ? written.replace('tcp://', '') : null;
    },
  ),
]);

const httpTarget = parsed(
  {
    wanted: 'a path such as /healthz, or an http address',
    code: 'E-CONFIG-URL',
    json: { type: 'string' },
  },
  (written) => (isHttpTarget(written) ? written : null),
);
const wsTarget = parsed(
  {
    wanted: 'a path such as /feed, or a ws address',
    code: 'E-CONFIG-URL',
    json: { type: 'string' },
  },
  (written) => (written.startsWith('/') || isUrl(written, ['ws:', 'wss:']) ? written : null),
);

export function isHttpTarget(written: string): boolean {
  if (/\s/.test(written)) return false;
  return written.startsWith('/') || isUrl(written, ['http:', 'https:']);
}

export function isUrl(written: string, protocols: readonly string[]): boolean {
  return URL.canParse(written) && protocols.includes(new URL(written).protocol);
}

const regex = parsed(
  { wanted: 'a regular expression', code: 'E-CONFIG-VALUE', json: { type: 'string' } },
  (written) => (isRegex(written) && written !== '' ? written : null),
);
export function isRegex(written: string): boolean {
  const inner = /^\/(.*)\/([a-z]*)$/s.exec(written);
  try {
    return new RegExp(inner?.[1] ?? written, inner?.[2] ?? '') instanceof RegExp;
  } catch {
    return false;
  }
}

/** Substring, or /regex/ when it stands between slashes. */
const bodyText = parsed(
  { wanted: 'text, or /a regular expression/', code: 'E-CONFIG-VALUE', json: { type: 'string' } },
  (written) => (!/^\/.*\/[a-z]*$/s.test(written) || isRegex(written) ? written : null),
);

const jsonPath = (name: string) => /^\$(?:\.[A-Za-z_][\w-]*|\[\d+\])*$/.test(name);
const headers = mapOf(text('the value of the header', { empty: true }), 'headers and their values');

export type HealthRole = 'liveness' | 'readiness' | 'both';
const roles = ['liveness', 'readiness', 'both'] as const;
export const probeKinds = [
  'http',
  'tcp',
  'ws',
  'exec',
  'log',
  'heartbeat',
  'grpc',
  'redis',
  'postgres',
  'mcp',
  'certificate',
  'notify',
] as const;

const retries = count(1, 1_000);
const interval = duration({ positive: true });
const boundedInterval = {
  ...interval,
  wanted: 'a duration such as 5s',
} satisfies Shape<number>;

export const healthKeys = {
  http: key(httpTarget, 'fettle', 'Ask this path on the own port, or this address, over HTTP.'),
  tcp: key(tcpTarget, 'fettle', 'Connect: true for the own port, a port, or host:port.'),
  ws: key(wsTarget, 'fettle', 'Open a WebSocket on this path or address.'),
  exec: key(commandShape, 'fettle', 'Run this command; exit code 0 is healthy.'),
  log: key(regex, 'fettle', 'Ready once a line of the log matches.'),
  heartbeat: key(
    parsed(
      {
        wanted: 'true, or an id of letters, digits and -',
        code: 'E-CONFIG-VALUE',
        json: { type: ['boolean', 'string'] },
      },
      (written) => (/^[A-Za-z0-9][\w.-]{0,62}$/.test(written) ? written : null),
    ),
    'fettle',
    'The service pings /ping/<id> itself; true takes its own name as the id.',
  ),
  ...serverKinds,
  mcp: key(httpTarget, 'fettle', 'MCP over HTTP: `initialize` is answered on this path.'),
  status: key(statusShape, 'fettle', 'http: statuses that are healthy; 200-399 unless told.'),
  method: key(
    words(['GET', 'HEAD', 'POST'] as const),
    'fettle',
    'http: the method; GET unless told.',
  ),
  headers: key(headers, 'fettle', 'http, mcp: headers to send.'),
  response_headers: key(headers, 'fettle', 'http: headers that the answer must hold.'),
  body: key(bodyText, 'fettle', 'http: text or /regex/ that the answer must hold.'),
  json: key(
    mapOf(
      anything,
      'JSON paths and the values wanted, such as {$.status: ok}',
      (name, spot, sink) => {
        if (jsonPath(name)) return true;
        const message = `\`${name}\` is no JSON path`;
        const hint = 'Write a path such as `$.status` or `$.items[0].ok`.';
        sink.add({ code: 'E-CONFIG-VALUE', spot, path: 'json', seen: name, message, hint });
        return false;
      },
    ),
    'fettle',
    'http: paths in the JSON answer and the values they must have.',
  ),
  send: key(text(), 'fettle', 'ws: a message to send after opening.'),
  expect: key(bodyText, 'fettle', 'ws: text or /regex/ that a message must hold.'),
  failing: key(regex, 'fettle', 'log: down once a later line matches.'),
  every: key(interval, 'fettle', 'heartbeat: a ping is due this often.'),
  grace: key(
    duration(),
    'fettle',
    'heartbeat: a ping may be this late; as long as `every` unless told.',
  ),
  ...serverKeys,
  interval: key(boundedInterval, 'fettle', 'Time between checks; 5s unless told.'),
  timeout: key(interval, 'fettle', 'A check that takes longer has failed; 2s unless told.'),
  retries: key(retries, 'fettle', 'Failures in a row until the check is down; 3 unless told.'),
  up: key(retries, 'fettle', 'Successes in a row until it is up again; 2 unless told.'),
  start_period: key(
    duration(),
    'fettle',
    'Failures this soon after a start do not count; 30s unless told.',
  ),
  start_interval: key(
    interval,
    'fettle',
    'Time between checks until the first success; 500ms unless told.',
  ),
  name: key(
    parsed(
      {
        wanted: 'a name of letters, digits, - and _',
        code: 'E-CONFIG-NAME',
        json: { type: 'string' },
      },
      (written) => (/^[A-Za-z0-9][\w.-]{0,62}$/.test(written) ? written : null),
    ),
    'fettle',
    'Name of the check, where a service has several.',
  ),
  role: key(words(roles), 'fettle', `What the check decides: ${listWords(roles)}.`),
  required: key(flag, 'fettle', 'false: while it fails the service is degraded, not unhealthy.'),
  attest: key(flag, 'fettle', 'false: the answer may come from a process that is not ours.'),
} as const satisfies Record<string, Key<never> | Key<unknown>>;

export const healthObject = mapping(healthKeys, { wanted: 'a health check' });
export type HealthFields = NonNullable<ReturnType<typeof healthObject.read>>;

export type HealthText = Readonly<{ kind: 'short'; text: string }>;
export type HealthWish = HealthText | Readonly<{ kind: 'object'; fields: HealthFields }>;

const oneHealth = oneOf<HealthWish>(
  'a path such as /healthz, tcp, or a mapping with http, tcp, …',
  [
    mapped(healthObject, (fields): HealthWish => ({ kind: 'object', fields })),
    mapped(text('a path such as /healthz, or tcp'), (found): HealthWish => ({
      kind: 'short',
      text: found,
    })),
  ],
);
export const healthShape: Shape<readonly Located<HealthWish>[]> = oneOf<
  readonly Located<HealthWish>[]
>('a path such as /healthz, tcp, a mapping with http, tcp, …, or a list of these', [
  filled(listOf(oneHealth)),
  mapped(oneHealth, (value, node) => [{ value, node }]),
]);

export const healthcheckKeys = {
  test: key(
    commandShape,
    'compose',
    'The command: text (by a shell), [CMD, …], [CMD-SHELL, …] or [NONE].',
  ),
  interval: key(duration(), 'compose', 'Time between checks; 30s unless told.'),
  timeout: key(duration(), 'compose', 'A check that takes longer has failed; 30s unless told.'),
  retries: key(
    count(0, 1_000),
    'compose',
    'Failures in a row until it is unhealthy; 3 unless told.',
  ),
  start_period: key(
    duration(),
    'compose',
    'Failures this soon after a start do not count; 0s unless told.',
  ),
  start_interval: key(
    duration(),
    'compose',
    'Time between checks in the start period; 5s unless told.',
  ),
  disable: key(flag, 'compose', 'true: no check.'),
} as const;
export const healthcheckShape = mapping(healthcheckKeys, { wanted: 'a mapping with `test`' });
export type HealthcheckFields = NonNullable<ReturnType<typeof healthcheckShape.read>>;
