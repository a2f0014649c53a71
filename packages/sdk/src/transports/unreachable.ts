/** The two errors that every transport shares, in the same words. */
import { FettleError } from '../fettle-error.ts';

/** Nobody answers at all. */
export function unreachable(target: string, cause: unknown): FettleError {
  const detail = causeCode(cause);
  return new FettleError(
    'E-DAEMON-UNREACHABLE',
    `no Fettle daemon answers at ${target}${detail === null ? '' : ` (${detail})`}`,
    { hint: 'fettle up -d      starts the stack and its daemon', cause, status: 503, exitCode: 4 },
  );
}

/** Somebody is there and does not answer in time. */
export function timedOut(target: string, path: string, timeoutMs: number): FettleError {
  return new FettleError(
    'E-API-TIMEOUT',
    `${target} did not answer ${path} within ${timeoutMs / 1_000} s`,
    { hint: 'fettle status      asks again; the daemon may be busy', status: 504, exitCode: 4 },
  );
}

/** `ENOENT`, `ECONNREFUSED`, … however deep the platform hid it. */
function causeCode(cause: unknown): string | null {
  if (typeof cause !== 'object' || cause === null) return null;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return 'cause' in cause ? causeCode(cause.cause) : null;
}
