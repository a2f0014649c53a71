/**
 * Redis and its kin (Valkey, KeyDB): PING is answered by PONG. A server that wants a password and
 * was given none is up: it answered, and what it guards is not ours to see. While it loads its
 * data or has lost its master it says so, and is not up. Source: Redis, "RESP protocol" and
 * "AUTH".
 */
import type { Login } from '@fettle/core/stack/health-check';
import { Broken, converse, type Line } from './conversation.ts';
import { requireAddress, serverAddress } from './address.ts';
import type { ProbeKind, Seen } from './probe.ts';

export const redisProbe: ProbeKind<'redis'> = {
  kind: 'redis',
  address: serverAddress,
  open(probe, place) {
    const address = requireAddress(probe, place);
    const { login, tls } = probe;
    const talk = async (line: Line): Promise<Seen> =>
      ping(tls === null ? line : await line.secure(tls), login);
    return { run: (timeoutMs) => converse(address, timeoutMs, 'PING', talk), close() {} };
  },
};

async function ping(line: Line, login: Login | null): Promise<Seen> {
  const { user = null, password = null } = login ?? {};
  if (password !== null) {
    line.write(command(['AUTH', ...(user === null ? [] : [user]), password]));
    const granted = await answer(line);
    if (granted.kind === 'error') return bad(`AUTH refused: ${granted.text}`);
  }
  line.write(command(['PING']));
  const reply = await answer(line);
  if (reply.kind === 'text')
    return reply.text === 'PONG' ? good('PONG') : bad(`${clip(reply.text)}, not PONG`);
  // It lives and minds its door; without a login there is no more to ask.
  if (login === null && /^(?:NOAUTH|NOPERM)\b/.test(reply.text)) return good('wants a password');
  return bad(reply.text);
}

type Reply = Readonly<{ kind: 'text' | 'error'; text: string }>;

async function answer(line: Line): Promise<Reply> {
  const head = await line.readLine();
  if (head.startsWith('+')) return { kind: 'text', text: head.slice(1) };
  if (head.startsWith('-')) return { kind: 'error', text: clip(head.slice(1)) };
  if (/^\$\d{1,5}$/.test(head)) {
    const body = await line.read(Number(head.slice(1)) + 2);
    return { kind: 'text', text: body.toString('utf8').replace(/\r\n$/, '') };
  }
  throw new Broken(`no Redis: it says ${JSON.stringify(clip(head))}`);
}

function command(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

function good(detail: string): Seen {
  return { ok: true, detail, answer: 'answered' };
}

function bad(detail: string): Seen {
  return { ok: false, detail, answer: 'answered' };
}

function clip(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
