/**
 * `tcp_connect(address, timeout)`: does a connection open there? `{ok, error, ms}`; error is
 * `refused`, `timeout`, `reset` or `unreachable`.
 */
import { dial } from '../exam/dial.ts';
import { addressOf } from './known-address.ts';
import { numberArgument, ownTimeoutMs, textArgument, type ShellFact } from './shell-fact.ts';

const defaultMs = 1_000;

export const tcpConnect: ShellFact = {
  name: 'tcp_connect',
  async answer(args, { world, timeoutMs }) {
    const address = addressOf(textArgument(args, 0), world);
    if (address === null) return null;
    const beganMs = performance.now();
    const { tcp, connectMs } = await dial({
      ...address,
      protocol: null,
      path: null,
      connectTimeoutMs: ownTimeoutMs(numberArgument(args, 1) ?? defaultMs, timeoutMs),
      // Whether it accepts is asked, not whether it talks.
      answerTimeoutMs: 0,
      acceptTimeoutMs: 0,
    });
    const ms = connectMs ?? Math.round(performance.now() - beganMs);
    return { ok: tcp === 'ok', error: tcp === 'ok' ? null : tcp, ms };
  },
};
