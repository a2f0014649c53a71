/**
 * MCP over streamable HTTP: `initialize` is answered, as JSON or as an event stream. The session
 * that it opens is closed again, so that a check every few seconds does not fill the server with
 * them. A server on stdio has no address and is its client's child: it cannot be asked from
 * outside.
 * Source: Model Context Protocol, revision 2025-06-18, "Lifecycle" and "Transports".
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { nodeHttp } from '@fettle/sdk/builtin';
import { formatDuration } from '@fettle/sdk/duration';
import { FettleError } from '@fettle/sdk/fettle-error';
import { addressOf, targetUrl } from './address.ts';
import { startDeadline } from './deadline.ts';
import { seenFromError } from './net-error.ts';
import type { Place, ProbeKind, ProbeOf, Seen } from './probe.ts';

const revision = '2025-06-18';
const maxAnswerBytes = 262_144;
const farewellMs = 2_000;
const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: revision,
    capabilities: {},
    clientInfo: { name: 'fettle-probe', version: '1' },
  },
});

type Target = Readonly<{ url: URL; headers: Readonly<Record<string, string>> }>;

export const mcpProbe: ProbeKind<'mcp'> = {
  kind: 'mcp',
  address(probe, place) {
    const url = targetUrl(probe.target, place, 'http');
    return url === null ? null : addressOf(url);
  },
  open(probe, place) {
    const target = { url: requireUrl(probe, place), headers: probe.headers };
    return { run: (timeoutMs) => shakeHands(target, timeoutMs), close() {} };
  },
};

function requireUrl({ target }: ProbeOf<'mcp'>, place: Place): URL {
  const url = targetUrl(target, place, 'http');
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new FettleError('E-HEALTH-PROBE', `${place.service}: no address for ${target}`, {
    hint: `Give services.${place.service} a port, or the check an absolute http:// URL.`,
  });
}

function send(
  { url, headers }: Target,
  method: 'POST' | 'DELETE',
  own: Readonly<Record<string, string>>,
): ClientRequest {
  const ask = url.protocol === 'https:' ? httpsRequest : nodeHttp().request;
  return ask({
    ...urlToHttpOptions(url),
    method,
    agent: false,
    headers: { 'user-agent': 'fettle-probe', ...headers, ...own, connection: 'close' },
  });
}

function shakeHands(target: Target, timeoutMs: number): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const finish = (seen: Seen): void => {
    deadline.clear();
    resolve(seen);
    request.destroy();
  };
  const request = send(target, 'POST', {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': String(Buffer.byteLength(initialize)),
  });
  const deadline = startDeadline(timeoutMs, () => {
    const detail = `no answer to initialize in ${formatDuration(timeoutMs)}`;
    finish({ ok: false, detail, answer: 'silent' });
  });
  request.on('error', (error) => finish(seenFromError(error, addressOf(target.url))));
  request.on('response', (response) => {
    const session = response.headers['mcp-session-id'];
    readAnswer(response, (seen) => {
      finish(seen);
      if (typeof session === 'string') sayGoodbye(target, session);
    });
  });
  request.end(initialize);
  return promise;
}

function readAnswer(response: IncomingMessage, finish: (seen: Seen) => void): void {
  let text = '';
  const isStream = /^text\/event-stream\b/i.test(response.headers['content-type'] ?? '');
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > maxAnswerBytes) return finish(bad('an answer over 256 kB'));
    // A stream may stay open: the first message that answers us is enough.
    const answer = isStream ? answerIn(eventsOf(text)) : null;
    if (answer !== null) finish(judge(answer));
  });
  response.once('error', () => finish(bad('connection lost')));
  response.once('end', () => {
    const status = response.statusCode ?? 0;
    const answer = answerIn(isStream ? eventsOf(`${text}\n\n`) : [text]);
    if (answer !== null) return finish(judge(answer));
    finish(bad(status === 200 ? 'HTTP 200 without an answer to initialize' : `HTTP ${status}`));
  });
}

/** Payloads of the complete events so far. Source: WHATWG HTML, "Server-sent events". */
function eventsOf(text: string): readonly string[] {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .split('\n\n')
    .slice(0, -1)
    .map((event) =>
      event
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n'),
    );
}

/** Of revision 2026-07-28: UnsupportedProtocolVersionError. */
const unsupportedVersion = -32_022;
type RpcError = Readonly<{
  code?: unknown;
  message?: unknown;
  data?: Readonly<{ supported?: unknown }>;
}>;
type Answer = Readonly<{ id?: unknown; result?: unknown; error?: unknown }>;

function answerIn(texts: readonly string[]): Answer | null {
  for (const text of texts) {
    try {
      const value: unknown = JSON.parse(text);
      const answer = (typeof value === 'object' && value !== null ? value : {}) as Answer;
      if (answer.id === 1 || answer.error !== undefined) return answer;
    } catch {
      // Not JSON: some other event, or no MCP at all.
    }
  }
  return null;
}

function judge({ result, error }: Answer): Seen {
  if (typeof error === 'object' && error !== null) {
    const { code, message, data } = error as RpcError;
    // A server of 2026 or later that has left this handshake behind has answered it all the same.
    if (code === unsupportedVersion && Array.isArray(data?.supported))
      return {
        ok: true,
        detail: `MCP ${data.supported.join(', ')}`.slice(0, 120),
        answer: 'answered',
      };
    return bad(`initialize refused: ${String(message).slice(0, 120)} (${String(code)})`);
  }
  const { protocolVersion, serverInfo } = (result ?? {}) as Readonly<{
    protocolVersion?: unknown;
    serverInfo?: Readonly<{ name?: unknown; version?: unknown }>;
  }>;
  if (typeof protocolVersion !== 'string') return bad('an answer without protocolVersion');
  const { name = 'unnamed', version = '' } = serverInfo ?? {};
  const detail = `MCP ${protocolVersion}, ${String(name)} ${String(version)}`.trim().slice(0, 120);
  return { ok: true, detail, answer: 'answered' };
}

/** Best effort: a server may answer 405, which means that it keeps no sessions. */
function sayGoodbye(target: Target, session: string): void {
  const request = send(target, 'DELETE', {
    'mcp-session-id': session,
    'mcp-protocol-version': revision,
  });
  request.setTimeout(farewellMs, () => request.destroy());
  request.on('error', () => undefined);
  request.on('response', (response) => response.resume());
  request.end();
}

function bad(detail: string): Seen {
  return { ok: false, detail, answer: 'answered' };
}
