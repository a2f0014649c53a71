/**
 * `tcp_connect(endpoint, timeout?)`: does somebody accept a connection there?
 * `{ok, error, ms}`; error is the kernel's name (`ECONNREFUSED`), or `timeout`.
 */
import { createConnection } from 'node:net';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { addressOf, type Address } from './known-address.ts';
import { numberArgument, textArgument, type ShellFact } from './shell-fact.ts';

const defaultMs = 1_000;

export const tcpConnect: ShellFact = {
  name: 'tcp_connect',
  answer(args, { world, timeoutMs, signal }) {
    const address = addressOf(textArgument(args, 0), world);
    if (address === null) return Promise.resolve(null);
    const ownMs = Math.min(numberArgument(args, 1) ?? defaultMs, timeoutMs - 20);
    return connect(address, Math.max(1, ownMs), signal);
  },
};

function connect(address: Address, timeoutMs: number, signal: AbortSignal): Promise<Value> {
  const answer = Promise.withResolvers<Value>();
  const beganMs = performance.now();
  const socket = createConnection({ ...address, signal });
  const end = (error: string | null): void => {
    const ms = Math.round((performance.now() - beganMs) * 10) / 10;
    answer.resolve({ ok: error === null, error, ms });
    clearTimeout(timer);
    socket.destroy();
  };
  const timer = setTimeout(() => end('timeout'), timeoutMs);
  socket.once('connect', () => end(null));
  socket.once('error', ({ code, name }: NodeJS.ErrnoException) =>
    end(code === 'ETIMEDOUT' ? 'timeout' : (code ?? name)),
  );
  return answer.promise;
}
