/**
 * Our own log: a JSON object a line on stdout, which the supervisor keeps like any service's.
 *
 * A full disk must not end us: it is when people ask most. What cannot be written is dropped.
 */
import pino, { type Logger } from 'pino';

/** Lines that wait for the disk; beyond it the newest are dropped. */
const maxWaitingBytes = 262_144;

export function createOwnLog(level: string): Logger {
  const destination = pino.destination({ sync: true, maxLength: maxWaitingBytes });
  // Without a listener a failed write would be an uncaught error, which ends the process.
  destination.on('error', () => undefined);
  return pino({ level }, destination);
}
