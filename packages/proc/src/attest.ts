/**
 * Listener attestation: does every listener on an address belong to the process tree that we
 * supervise? A green check counts only when the process that answered is the one we run.
 */
import { ownerOfInode } from './inode-owner.ts';
import { listenersOn } from './listeners.ts';
import { readRunToken } from './process-command.ts';
import { readProcessStat } from './process-stat.ts';

/** `foreign`: at least one listener there is somebody else's. `nobody`: none listens. */
export type Attestation = Readonly<{
  verdict: 'ours' | 'foreign' | 'nobody' | 'unknown';
  /** A foreign owner; null unless the verdict is `foreign`. */
  foreignPid: number | null;
}>;

export type AttestRequest = Readonly<{
  host: string;
  port: number;
  /** Run token of the supervised instance. */
  token: string;
  /** Service and shim: where the owner is looked for first; ancestors that prove belonging. */
  pids: readonly number[];
  /** Age of the listener table that will do; 1 s unless told. */
  maxAgeMs?: number;
}>;

export function attestListener(request: AttestRequest): Attestation {
  const listeners = listenersOn(request.host, request.port, request.maxAgeMs);
  if (listeners === null) return { verdict: 'unknown', foreignPid: null };
  if (listeners.length === 0) return { verdict: 'nobody', foreignPid: null };
  let unknown = false;
  for (const listener of listeners) {
    const pid = ownerOfInode(listener.inode, request.pids);
    if (pid === null) unknown = true;
    else if (!belongsToRun(pid, request.token, request.pids))
      return { verdict: 'foreign', foreignPid: pid };
  }
  return { verdict: unknown ? 'unknown' : 'ours', foreignPid: null };
}

/** Carries the token, is one of `pids`, or descends from one. */
export function belongsToRun(pid: number, token: string, pids: readonly number[]): boolean {
  let current = pid;
  for (let depth = 0; depth < 64 && current > 1; depth += 1) {
    if (pids.includes(current) || readRunToken(current) === token) return true;
    const stat = readProcessStat(current);
    if (stat === null) return false;
    if (pids.includes(stat.pgrp) || pids.includes(stat.session)) return true;
    current = stat.ppid;
  }
  return false;
}
