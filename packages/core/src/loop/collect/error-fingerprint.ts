/**
 * Which reported errors are the same error: by type and place in the user's own code, with the
 * shape of the message; where there is no stack trace, by the shape of the message alone.
 *
 * Numbers and ids in a message vary from time to time and line numbers move with every edit, so
 * neither counts. Source: Sentry, "Issue Grouping" (stack trace, then exception, then message).
 */
import { hash32 } from '../../supervise/prng.ts';
import { lineShape } from './error-line.ts';
import { findTraces, framePlace, ownFrame, rootOf } from './stack-trace.ts';

const maxStackLines = 400;

/** 16 hex digits. `service` keeps the errors of two services apart. */
export function errorFingerprint(
  error: Readonly<{ message: string; stack: string | null; service: string | null }>,
): string {
  const text = [error.service ?? '', placeOf(error.stack), lineShape(error.message)].join('\0');
  const hex = (basis: number): string => hash32(text, basis).toString(16).padStart(8, '0');
  return hex(0x811c9dc5) + hex(0x2f0b4c17);
}

/** `TypeError in load (api/server.js)`; empty when no trace can be read. */
function placeOf(stack: string | null): string {
  const trace = findTraces((stack ?? '').split('\n', maxStackLines)).at(-1);
  if (trace === undefined) return '';
  const frame = ownFrame(trace);
  const root = rootOf(trace).type;
  if (frame === null) return `${trace.type} ${root}`;
  const file = framePlace(frame).replace(/:\d+$/, '');
  return `${trace.type} ${root} in ${frame.name ?? ''} (${file})`;
}
