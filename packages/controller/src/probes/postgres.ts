/**
 * PostgreSQL: takes connections, and with a login answers `SELECT 1`.
 *
 * Without a login it means what pg_isready means: a server that asks for a password is up, one that
 * is starting, stopping or recovering (57P03) is not. With one, the whole way is gone: password
 * (clear, MD5 or SCRAM-SHA-256), database, query. The connection ends with Terminate, so that the
 * server logs nothing. Source: PostgreSQL, "Frontend/Backend Protocol".
 */
import { createHash } from 'node:crypto';
import type { Login, TlsWish } from '@fettle/core/stack/health-check';
import { requireAddress, serverAddress } from './address.ts';
import { Broken, converse, type Line } from './conversation.ts';
import type { ProbeKind, ProbeOf, Seen } from './probe.ts';
import { openScram, type Scram } from './scram.ts';

type Wish = ProbeOf<'postgres'>;
type Message = Readonly<{ type: string; body: Buffer }>;

const maxMessageBytes = 262_144;
const sslRequest = 80_877_103;
const protocolVersion = 196_608;

export const postgresProbe: ProbeKind<'postgres'> = {
  kind: 'postgres',
  address: serverAddress,
  open(probe, place) {
    const address = requireAddress(probe, place);
    const asked = probe.login === null ? 'the startup message' : 'SELECT 1';
    const talk = (line: Line): Promise<Seen> => ask(line, probe);
    return { run: (timeoutMs) => converse(address, timeoutMs, asked, talk), close() {} };
  },
};

async function ask(plain: Line, probe: Wish): Promise<Seen> {
  const line = probe.tls === null ? plain : await secure(plain, probe.tls);
  const { login, database } = probe;
  const user = login?.user ?? 'postgres';
  line.write(startup({ user, database, application_name: 'fettle-probe' }));
  const refusal = await authenticate(line, user, login);
  if (refusal !== null) return refusal;
  // A login without a password that is let in may ask, too.
  line.write(message('Q', Buffer.from('SELECT 1\0')));
  for (let rows = 0, ready = 0; ;) {
    const { type, body } = await next(line);
    if (type === 'D') rows += 1;
    else if (type === 'E') return refused(body, login);
    else if (type === 'Z' && (ready += 1) === 2) {
      line.write(message('X', Buffer.alloc(0)));
      return rows === 1 ? good('SELECT 1') : bad('SELECT 1 gave no row');
    }
  }
}

async function secure(line: Line, tls: TlsWish): Promise<Line> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(sslRequest, 4);
  line.write(request);
  const answer = (await line.read(1)).toString('latin1');
  if (answer === 'S') return line.secure(tls);
  throw new Broken(answer === 'N' ? 'the server offers no TLS' : notPostgres(answer));
}

/** null: let in; what else there is to see otherwise. */
async function authenticate(line: Line, user: string, login: Login | null): Promise<Seen | null> {
  const password = login?.password ?? null;
  const proof: { scram: Scram | null } = { scram: null };
  for (;;) {
    const { type, body } = await next(line);
    if (type === 'E') return refused(body, login);
    if (type !== 'R') continue;
    const kind = body.readInt32BE(0);
    if (kind === 0) return null;
    if (password === null) {
      line.write(message('X', Buffer.alloc(0)));
      return good('takes connections, wants a password');
    }
    if (kind === 3) line.write(message('p', Buffer.from(`${password}\0`)));
    else if (kind === 5) line.write(message('p', md5Answer(user, password, body.subarray(4, 8))));
    else if (kind === 10) {
      proof.scram = openScram(password);
      line.write(message('p', saslFirst(proof.scram.first)));
    } else if (kind === 11) {
      const final = proof.scram?.final(body.toString('utf8', 4)) ?? null;
      if (final === null) return bad('SCRAM: the server does not keep to the protocol');
      line.write(message('p', Buffer.from(final)));
    } else if (kind === 12) {
      if (proof.scram?.isServer(body.toString('utf8', 4)) !== true)
        return bad('SCRAM: the server does not know the password');
    } else return bad(`asks for a kind of authentication that is not known here (${kind})`);
  }
}

/**
 * 57P03: it is there and takes nobody. 53300: it is full. Without a login, any other refusal (no
 * such database or user, not from here) comes from a server that takes connections.
 */
function refused(body: Buffer, login: Login | null): Seen {
  const code = fieldOf(body, 'C');
  const isShut = /^(?:57P|53|58|XX)/.test(code);
  if (login === null && !isShut) return good(`takes connections (${fieldOf(body, 'M')})`);
  return bad(errorText(body));
}

async function next(line: Line): Promise<Message> {
  const head = await line.read(5);
  const type = head.toString('latin1', 0, 1);
  const length = head.readInt32BE(1) - 4;
  if (!/^[A-Za-z0-9]$/.test(type) || length < 0 || length > maxMessageBytes)
    throw new Broken(notPostgres(head.toString('latin1')));
  return { type, body: await line.read(length) };
}

function notPostgres(head: string): string {
  return `no PostgreSQL: it says ${JSON.stringify(head)}`;
}

function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${pairs.join('')}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(protocolVersion, 4);
  return Buffer.concat([head, body]);
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function saslFirst(first: string): Buffer {
  const text = Buffer.from(first);
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length, 0);
  return Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), length, text]);
}

function md5Answer(user: string, password: string, salt: Buffer): Buffer {
  const md5 = (...parts: readonly (string | Buffer)[]): string => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  };
  return Buffer.from(`md5${md5(md5(password, user), salt)}\0`);
}

/** Of an ErrorResponse: `S` severity, `C` code, `M` message. */
function fieldOf(body: Buffer, field: string): string {
  const found = body
    .toString('utf8')
    .split('\0')
    .find((one) => one.startsWith(field));
  return (found ?? '').slice(1, 121);
}

function errorText(body: Buffer): string {
  return `${fieldOf(body, 'C')} ${fieldOf(body, 'M')}`.trim();
}

function good(detail: string): Seen {
  return { ok: true, detail, answer: 'answered' };
}

function bad(detail: string): Seen {
  return { ok: false, detail, answer: 'answered' };
}
