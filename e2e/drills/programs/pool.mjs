// A small pool of connections to a server that speaks the Redis protocol (RESP 2).
import { connect } from 'node:net';
import { told } from './tuning.mjs';
import { say } from './voice.mjs';

/** One connection: commands are answered in order. */
function openSession({ host, port, timeoutMs }) {
  const waiting = [];
  let buffer = '';
  const socket = connect({ host, port });
  const fail = (error) => {
    socket.destroy();
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  socket.setEncoding('utf8');
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('connection closed by server')));
  socket.on('data', (chunk) => {
    buffer += chunk;
    for (;;) {
      const reply = readReply(buffer);
      if (reply === null) return;
      buffer = buffer.slice(reply.length);
      const next = waiting.shift();
      if (reply.error) next?.reject(new Error(reply.value));
      else next?.resolve(reply.value);
    }
  });
  const ask = (...words) => {
    const { promise, resolve, reject } = Promise.withResolvers();
    const late = setTimeout(() => fail(timeOut(socket, host, port, timeoutMs)), timeoutMs);
    waiting.push({ resolve, reject });
    const bulk = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('');
    socket.write(`*${words.length}\r\n${bulk}`);
    return promise.finally(() => clearTimeout(late));
  };
  return { ask, close: () => socket.destroy(), alive: () => !socket.destroyed };
}

function timeOut(socket, host, port, timeoutMs) {
  return socket.connecting
    ? Object.assign(new Error(`connect ETIMEDOUT ${host}:${port}`), { code: 'ETIMEDOUT' })
    : new Error(`query timed out after ${timeoutMs}ms`);
}

/** The first whole reply in `text`; null: not there yet. */
function readReply(text) {
  const end = text.indexOf('\r\n');
  if (end < 0) return null;
  const head = text.slice(1, end);
  if (text[0] !== '$') return { value: head, error: text[0] === '-', length: end + 2 };
  if (head === '-1') return { value: null, error: false, length: end + 2 };
  const length = end + 2 + Number(head) + 2;
  if (text.length < length) return null;
  return { value: text.slice(end + 2, length - 2), error: false, length };
}

export function openPool({ host, port, user, password, max, acquireMs, idleMs, timeoutMs }) {
  const free = [];
  const queue = [];
  let open = 0;

  async function dial() {
    const session = openSession({ host, port, timeoutMs });
    try {
      await session.ask('AUTH', user, password);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  async function acquire() {
    for (let session = free.pop(); session !== undefined; session = free.pop()) {
      clearTimeout(session.idle);
      if (session.alive()) return session;
      open -= 1;
    }
    if (open >= max) return wait();
    open += 1;
    try {
      return await dial();
    } catch (error) {
      open -= 1;
      throw error;
    }
  }

  function wait() {
    const { promise, resolve, reject } = Promise.withResolvers();
    const late = setTimeout(() => {
      queue.splice(queue.indexOf(entry), 1);
      say('error', 'pool-timeout', { max, ms: acquireMs });
      reject(new Error('pool timeout'));
    }, acquireMs);
    const entry = (session) => {
      clearTimeout(late);
      resolve(session);
    };
    queue.push(entry);
    return promise;
  }

  function release(session) {
    // The defect of a forgotten `release` in some branch of the code.
    if (told().word === 'forget') return;
    if (!session.alive()) {
      open -= 1;
      return;
    }
    const next = queue.shift();
    if (next !== undefined) return next(session);
    session.idle = setTimeout(() => {
      free.splice(free.indexOf(session), 1);
      open -= 1;
      session.close();
    }, idleMs);
    free.push(session);
  }

  return {
    /** Runs one command on a session of the pool. */
    async ask(...words) {
      const session = await acquire();
      try {
        return await session.ask(...words);
      } finally {
        release(session);
      }
    },
  };
}
