/** Turns `health:` and `healthcheck:` into the checks that the controller runs. */
import type { HealthCheck, Probe } from '@fettle/core/stack/health-check';
import type {
  CommandText,
  HealthcheckFields,
  HealthFields,
  HealthWish,
} from '../keys/health-keys.ts';
import { isHttpTarget, isRegex, probeKinds } from '../keys/health-keys.ts';
import { listWords } from '../shape/scalars.ts';
import { firstLine, type Located } from '../shape/shape.ts';
import type { ConfigNode } from '../source/node.ts';
import { argvOf } from './command.ts';
import type { BuildContext } from './context.ts';
import { plainValue } from './plain-value.ts';
import { serverDefaults, serverProbe, shortServerProbe } from './server-probe.ts';

/** What a check must know of its service. */
export type HealthHome = Readonly<{
  service: string;
  path: string;
  hasPort: boolean;
  externalUrl: string | null;
  /** The engine's proxy listens for it. */
  inContainer?: boolean;
}>;

const defaults = {
  role: 'both',
  intervalMs: 5_000,
  timeoutMs: 2_000,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 30_000,
  startIntervalMs: 500,
  required: true,
  attest: true,
} satisfies Omit<HealthCheck, 'name' | 'probe'> as Omit<HealthCheck, 'name' | 'probe'>;

export function buildHealth(
  wishes: readonly Located<HealthWish>[],
  home: HealthHome,
  context: BuildContext,
): readonly HealthCheck[] {
  const checks: HealthCheck[] = [];
  for (const [index, { value, node }] of wishes.entries()) {
    const name = index === 0 ? 'health' : `health.${index + 1}`;
    const check =
      value.kind === 'short'
        ? shortCheck(value.text, { name, node, home, context })
        : objectCheck(value.fields, { name, node, home, context });
    if (check === null) continue;
    if (checks.some((other) => other.name === check.name))
      refuse(
        { name, node, home, context },
        'E-CONFIG-DUPLICATE',
        `two checks are named \`${check.name}\``,
        'Rename one.',
      );
    else checks.push(check);
  }
  return checks;
}

type At = Readonly<{ name: string; node: ConfigNode; home: HealthHome; context: BuildContext }>;

function refuse(at: At, code: string, message: string, hint: string): null {
  const seen = at.node.kind === 'scalar' ? at.node.text : null;
  const allowed = code === 'E-CONFIG-VALUE' ? ['/healthz', ...probeKinds] : [];
  at.context.sink.add({
    code,
    spot: firstLine(at.node),
    path: `${at.home.path}.health`,
    seen,
    allowed,
    message,
    hint,
  });
  return null;
}

function shortCheck(text: string, at: At): HealthCheck | null {
  const probe = shortProbe(text, at);
  if (probe === null || !portKnown(probe, at)) return null;
  const role = probe.kind === 'log' ? 'readiness' : defaults.role;
  const own = { ...defaults, ...forExternal(at.home), role, ...serverDefaults(probe) };
  return { ...own, name: at.name, probe };
}

/** Somebody else's process answers for an external service, and the engine's for a container. */
function forExternal(home: HealthHome): Readonly<{ attest: boolean }> {
  return { attest: home.externalUrl === null && home.inContainer !== true };
}

function shortProbe(text: string, at: At): Probe | null {
  if (text === 'tcp') return ownTcp(at.home);
  if (isHttpTarget(text)) return httpProbe(text, {}, at.home);
  const server = shortServerProbe(text, at.home);
  if (server !== null) return server;
  const [, kind, rest = ''] = /^(log|ws|tcp|mcp):(.+)$/s.exec(text) ?? [];
  if (kind === 'mcp' && isHttpTarget(rest)) return mcpProbe(rest, {}, at.home);
  if (kind === 'log' && isRegex(rest)) return { kind: 'log', ready: rest.trim(), failing: null };
  if (kind === 'ws' && rest.startsWith('/'))
    return { kind: 'ws', target: onUrl(rest, at.home, 'ws'), send: null, expect: null };
  if (kind === 'tcp') {
    const target = tcpTarget(rest.replace(/^\/\//, ''));
    if (target !== null) return target;
  }
  return refuse(
    at,
    'E-CONFIG-VALUE',
    `\`${at.home.service}.health\` is \`${text.slice(0, 40)}\`; wanted is a path such as /healthz, an http address, tcp, tcp:PORT, ws:/PATH, mcp:/PATH, redis, postgres, grpc, certificate, notify, log:REGEX, or a mapping`,
    'Write `health: /healthz`, or `health: tcp` when it speaks no HTTP.',
  );
}

function objectCheck(fields: HealthFields, at: At): HealthCheck | null {
  const kinds = probeKinds.filter((kind) => fields[kind] !== undefined);
  if (kinds.length !== 1) {
    const message =
      kinds.length === 0
        ? `this check does not say how to look: it needs one of ${listWords(probeKinds)}`
        : `this check says ${listWords(kinds)}, and only one is possible`;
    const hint = kinds.length === 0 ? 'Add `http: /healthz`.' : 'Make a list of two checks.';
    // A kind whose value was refused has been reported already.
    const reported =
      at.node.kind === 'map' &&
      probeKinds.some((kind) => at.node.kind === 'map' && at.node.entries.has(kind));
    return kinds.length === 0 && reported ? null : refuse(at, 'E-CONFIG-REQUIRED', message, hint);
  }
  const probe = objectProbe(fields, at);
  if (probe === null || !portKnown(probe, at)) return null;
  const usual = { ...defaults, ...forExternal(at.home), ...serverDefaults(probe) };
  const intervalMs = fields.interval?.value ?? usual.intervalMs;
  const onlyReady = probe.kind === 'log' && probe.failing === null;
  return {
    name: fields.name?.value ?? at.name,
    role: fields.role?.value ?? (onlyReady ? 'readiness' : usual.role),
    probe,
    intervalMs,
    timeoutMs: fields.timeout?.value ?? Math.min(usual.timeoutMs, Math.max(intervalMs, 100)),
    downAfter: fields.retries?.value ?? usual.downAfter,
    upAfter: fields.up?.value ?? usual.upAfter,
    startPeriodMs: fields.start_period?.value ?? usual.startPeriodMs,
    startIntervalMs: fields.start_interval?.value ?? Math.min(usual.startIntervalMs, intervalMs),
    required: fields.required?.value ?? usual.required,
    attest: fields.attest?.value ?? usual.attest,
  };
}

function objectProbe(fields: HealthFields, at: At): Probe | null {
  const { http, tcp, ws, exec, log } = fields;
  if (http !== undefined) return httpProbe(http.value, fields, at.home);
  if (tcp !== undefined) return tcp.value === '' ? ownTcp(at.home) : tcpTarget(tcp.value);
  if (ws !== undefined) {
    const target = ws.value.startsWith('/') ? onUrl(ws.value, at.home, 'ws') : ws.value;
    return {
      kind: 'ws',
      target,
      send: fields.send?.value ?? null,
      expect: fields.expect?.value ?? null,
    };
  }
  if (exec !== undefined) return execProbe(exec.value, { ...at, node: exec.node });
  if (log !== undefined)
    return { kind: 'log', ready: log.value, failing: fields.failing?.value ?? null };
  if (fields.mcp !== undefined) return mcpProbe(fields.mcp.value, fields, at.home);
  const server = serverProbe(fields, at.home);
  if (server !== null) return server;
  const written = fields.heartbeat?.value ?? 'true';
  const everyMs = fields.every?.value ?? 60_000;
  const graceMs = fields.grace?.value ?? everyMs;
  return {
    kind: 'heartbeat',
    id: written === 'true' ? at.home.service : written,
    everyMs,
    graceMs,
  };
}

function headerRecord(entries: HealthFields['headers'], lower: boolean): Record<string, string> {
  return Object.fromEntries(
    (entries?.value ?? []).map(({ name, value }) => [lower ? name.toLowerCase() : name, value]),
  );
}

function httpProbe(target: string, fields: HealthFields, home: HealthHome): Probe {
  return {
    kind: 'http',
    target: target.startsWith('/') ? onUrl(target, home, 'http') : target,
    method: fields.method?.value ?? 'GET',
    headers: headerRecord(fields.headers, false),
    status: fields.status?.value ?? [{ from: 200, to: 399 }],
    body: fields.body?.value ?? null,
    responseHeaders: headerRecord(fields.response_headers, true),
    json: Object.fromEntries(
      (fields.json?.value ?? []).map(({ name, value }) => [name, plainValue(value)]),
    ),
  };
}

function mcpProbe(target: string, fields: HealthFields, home: HealthHome): Probe {
  return {
    kind: 'mcp',
    target: target.startsWith('/') ? onUrl(target, home, 'http') : target,
    headers: headerRecord(fields.headers, false),
  };
}

/** A path of an external service is a path on its address. */
function onUrl(path: string, home: HealthHome, scheme: 'http' | 'ws'): string {
  if (home.externalUrl === null) return path;
  const base = new URL(home.externalUrl);
  const secure = base.protocol === 'https:' || base.protocol === 'wss:' ? `${scheme}s` : scheme;
  return `${secure}://${base.host}${path}`;
}

function ownTcp(home: HealthHome): Probe {
  if (home.externalUrl === null) return { kind: 'tcp', host: null, port: null };
  return { kind: 'tcp', ...addressOf(home.externalUrl) };
}

const knownPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
  'rediss:': 6379,
  'mysql:': 3306,
  'mongodb:': 27_017,
  'amqp:': 5672,
  'nats:': 4222,
};

/** Host and port that an address names; port null when neither it nor its scheme says one. */
export function addressOf(url: string): Readonly<{ host: string; port: number | null }> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replaceAll(/[[\]]/g, '');
  return { host, port: port === '' ? (knownPorts[protocol] ?? null) : Number(port) };
}

function tcpTarget(written: string): Probe | null {
  const match = /^(?:(\[[^\]]+\]|[\w.-]+):)?(\d{1,5})$/.exec(written);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) return null;
  return { kind: 'tcp', host: match[1]?.replaceAll(/[[\]]/g, '') ?? null, port };
}

function execProbe(command: CommandText, at: At): Probe | null {
  if (command.kind === 'list' && command.words.length > 0)
    return { kind: 'exec', command: command.words };
  const result = argvOf(command.kind === 'text' ? command.text : '');
  if (result.kind === 'argv') return { kind: 'exec', command: result.argv };
  return refuse(at, 'E-CONFIG-COMMAND', `the command of the check ${result.message}`, result.hint);
}

function portKnown(probe: Probe, at: At): boolean {
  const own =
    ('target' in probe && probe.target.startsWith('/')) || ('port' in probe && probe.port === null);
  if (!own || at.home.hasPort) return true;
  const name = at.home.service;
  const message = `the check asks \`${name}\` on its own port, and \`${name}\` has no \`port\``;
  refuse(
    at,
    'E-CONFIG-REQUIRED',
    message,
    `Add \`port: 8000\` to ${name}, or give the check a full address.`,
  );
  return false;
}

/** Compose's check: its words, its defaults. Null: disabled, or refused. */
export function buildHealthcheck(
  { value, node }: Located<HealthcheckFields>,
  home: HealthHome,
  context: BuildContext,
): HealthCheck | null {
  if (value.disable?.value === true) return null;
  const at: At = { name: 'health', node: value.test?.node ?? node, home, context };
  const command = healthcheckCommand(value.test?.value, at);
  if (command === null) return null;
  return {
    ...defaults,
    name: 'health',
    probe: { kind: 'exec', command },
    intervalMs: orDefault(value.interval?.value, 30_000),
    timeoutMs: orDefault(value.timeout?.value, 30_000),
    downAfter: orDefault(value.retries?.value, 3),
    upAfter: 1,
    startPeriodMs: value.start_period?.value ?? 0,
    startIntervalMs: orDefault(value.start_interval?.value, 5_000),
    attest: false,
  };
}

/** In Compose 0 means "the default". */
export function orDefault(value: number | undefined, fallback: number): number {
  return value === undefined || value === 0 ? fallback : value;
}

function healthcheckCommand(test: CommandText | undefined, at: At): readonly string[] | null {
  if (test === undefined) {
    const message = 'this check has no `test`';
    return at.node.kind === 'map' && at.node.entries.has('test')
      ? null
      : refuse(at, 'E-CONFIG-REQUIRED', message, 'Add `test: [CMD, …]`.');
  }
  if (test.kind === 'text')
    return test.text.trim() === ''
      ? refuse(at, 'E-CONFIG-COMMAND', '`test` is empty', 'Write a command.')
      : ['/bin/sh', '-c', test.text];
  const [kind, ...words] = test.words;
  if (kind === 'NONE') return null;
  if (kind === 'CMD' && words.length > 0) return words;
  if (kind === 'CMD-SHELL' && words.length === 1) return ['/bin/sh', '-c', words[0] ?? ''];
  return refuse(
    at,
    'E-CONFIG-COMMAND',
    `a list in \`test\` starts with CMD, CMD-SHELL or NONE, and this one with \`${kind ?? ''}\``,
    'Write `test: [CMD, curl, -f, http://localhost]`, or text.',
  );
}
