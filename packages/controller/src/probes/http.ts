/**
 * HTTP: status, response headers, body and JSON values. A new connection each time, because a kept
 * one may be answered by a process that is gone from the address. Redirects are not followed: the
 * answer is about this service. At most 64 kB of the body are read.
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { nodeHttp } from '@fettle/sdk/builtin';
import { plainText } from '@fettle/core/loop/collect/log-line';
import { conceal } from '../conceal.ts';
import { formatDuration } from '@fettle/sdk/duration';
import { FettleError } from '@fettle/sdk/fettle-error';
import { addressOf, targetUrl } from './address.ts';
import { startDeadline } from './deadline.ts';
import { readJsonPath, sameJson, valueAt, type JsonPath } from './json-path.ts';
import { seenFromError } from './net-error.ts';
import { readPattern, tooSlow, type Pattern } from './pattern.ts';
import type { Place, ProbeKind, ProbeOf, Seen } from './probe.ts';

const maxBodyBytes = 65_536;
/** They keep nothing: each probe gets a connection of its own. */
const { Agent, request: httpRequest } = nodeHttp();
const agent = new Agent();
const tlsAgent = new TlsAgent({ maxCachedSessions: 0 });

type Wanted = Readonly<{
  status: ProbeOf<'http'>['status'];
  body: Pattern | null;
  headers: readonly Readonly<{ name: string; pattern: Pattern }>[];
  json: readonly Readonly<{ text: string; path: JsonPath; value: unknown }>[];
}>;

export const httpProbe: ProbeKind<'http'> = {
  kind: 'http',
  address(probe, place) {
    const url = targetUrl(probe.target, place, 'http');
    return url === null ? null : addressOf(url);
  },
  open(probe, place) {
    const url = requireUrl(probe.target, place);
    const wanted: Wanted = {
      status: probe.status,
      body: probe.body === null ? null : readPattern(probe.body),
      headers: Object.entries(probe.responseHeaders).map(([name, text]) => ({
        name: name.toLowerCase(),
        pattern: readPattern(text),
      })),
      json: Object.entries(probe.json).map(([text, value]) => ({
        text,
        path: readJsonPath(text),
        value,
      })),
    };
    const request = requestOf(probe, url);
    return { run: (timeoutMs) => ask(request, url, wanted, timeoutMs), close() {} };
  },
};

function requireUrl(target: string, place: Place): URL {
  const url = targetUrl(target, place, 'http');
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new FettleError('E-HEALTH-PROBE', `${place.service}: no address for ${target}`, {
    hint: `Give services.${place.service} a port, or the check an absolute http:// URL.`,
  });
}

function requestOf({ method, headers }: ProbeOf<'http'>, url: URL): RequestOptions {
  return {
    ...urlToHttpOptions(url),
    method,
    headers: { 'user-agent': 'fettle-probe', ...headers, connection: 'close' },
    agent: url.protocol === 'https:' ? tlsAgent : agent,
  };
}

function ask(options: RequestOptions, url: URL, wanted: Wanted, timeoutMs: number): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  let heard: number | null = null;
  const finish = (seen: Seen): void => {
    deadline.clear();
    resolve(seen);
    request.destroy();
  };
  const request = send(options, (response) => {
    heard = response.statusCode ?? 0;
    readAnswer(response, wanted, finish);
  });
  const deadline = startDeadline(timeoutMs, () => {
    const within = formatDuration(timeoutMs);
    if (heard === null) finish({ ok: false, detail: `no answer in ${within}`, answer: 'silent' });
    else
      finish({
        ok: false,
        detail: `HTTP ${heard}, body unfinished in ${within}`,
        answer: 'silent',
      });
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    finish(seenFromError(error, addressOf(url)));
  });
  request.end();
  return promise;
}

function readAnswer(response: IncomingMessage, wanted: Wanted, finish: (seen: Seen) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const judgeNow = (): void => finish(judge(response, Buffer.concat(chunks), wanted));
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, maxBodyBytes - bytes));
    bytes += chunk.length;
    if (bytes >= maxBodyBytes) judgeNow();
  });
  response.once('end', judgeNow);
  response.once('error', () => judgeNow());
}

function failed(detail: string): Seen {
  return { ok: false, detail, answer: 'answered' };
}

function judge(response: IncomingMessage, body: Buffer, wanted: Wanted): Seen {
  const status = response.statusCode ?? 0;
  if (!wanted.status.some(({ from, to }) => status >= from && status <= to))
    return failed(`HTTP ${status}${excerptOf(body)}`);
  for (const { name, pattern } of wanted.headers) {
    const value = response.headers[name];
    if (value === undefined) return failed(`HTTP ${status} without the header ${name}`);
    const fits = pattern.test(String(value));
    if (fits === null) return failed(tooSlow(`header ${name}`, pattern));
    if (!fits) return failed(`header ${name} is ${clip(String(value))}, not ${pattern.source}`);
  }
  const text = body.toString('utf8');
  const holds = wanted.body === null ? true : wanted.body.test(text);
  if (wanted.body !== null && holds === null) return failed(tooSlow('body', wanted.body));
  if (wanted.body !== null && holds === false)
    return failed(`body does not hold ${wanted.body.source}`);
  const wrong = wanted.json.length === 0 ? null : judgeJson(text, wanted);
  return wrong === null
    ? { ok: true, detail: `HTTP ${status}`, answer: 'answered' }
    : failed(wrong);
}

function judgeJson(text: string, wanted: Wanted): string | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'body is no JSON';
  }
  for (const { text: name, path, value } of wanted.json) {
    const found = valueAt(document, path);
    if (!sameJson(found, value))
      return `${name} is ${clip(JSON.stringify(found) ?? 'absent')}, not ${JSON.stringify(value)}`;
  }
  return null;
}

const excerptBytes = 2_048;
const excerptChars = 80;

/** `: no database`: what a service says of its own failure is often the reason. */
function excerptOf(body: Buffer): string {
  const head = body.toString('utf8', 0, excerptBytes);
  const bare = /^\s*</.test(head) ? head.replace(/<[^<>]*>?/g, ' ') : head;
  const text = conceal(plainText(bare)).replace(/\s+/g, ' ').trim();
  if (text === '') return '';
  return `: ${text.length <= excerptChars ? text : `${text.slice(0, excerptChars - 1)}…`}`;
}

function clip(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
