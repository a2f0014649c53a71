/**
 * The contract of whoever runs what the policy wants: processes (`process-host.ts`) and containers
 * (`container-host.ts`). What happened comes back as events; a host translates, never decides.
 *
 * `run-host.contract.ts` is the one suite that both hold, and the simulation's fake with them.
 */
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { PosixSignal } from '@fettle/core/stack/service';
import type { Crowd } from './driver.ts';

export type StartRun = Extract<SuperviseEffect, { kind: 'spawn' }>;

/** `crowd`: the driver's word for it. */
export type RunPlace = Readonly<{ host: string; port: number | null; crowd: Crowd }>;

export type RunHost = Readonly<{
  /** Answered by `run-spawned` or `spawn-failed`, and then by one `run-exited`. */
  start(effect: StartRun, place: RunPlace): void;
  signal(token: string, posixSignal: PosixSignal): void;
  /** Answered by `tree-gone`, also for a run that is not known. */
  killTree(token: string): void;
  /** Lets a run go on that somebody stopped (state T) or paused. */
  continueTree(token: string): void;
  /** The runs go on; the next host adopts them. */
  stop(): void;
}>;
