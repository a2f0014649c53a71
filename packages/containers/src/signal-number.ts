/** A signal as images and configs spell it (`SIGINT`, `INT`, `2`), as the engine counts it. */
import { constants } from 'node:os';

/** 0: there is no such signal. */
export function signalNumber(posixSignal: string): number {
  if (/^\d+$/.test(posixSignal)) return Number(posixSignal);
  const name = posixSignal.startsWith('SIG') ? posixSignal : `SIG${posixSignal}`;
  return (constants.signals as Readonly<Record<string, number>>)[name] ?? 0;
}
