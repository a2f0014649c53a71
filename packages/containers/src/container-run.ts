/** One run of a container as the keeper knows it. */
import type { ContainerNews } from '@fettle/core/supervise/container-wire';
import type { LogFollower } from './log-follower.ts';

export type ContainerRun = {
  readonly token: string;
  readonly instance: string;
  /** '': none was made yet. */
  id: string;
  /** Wall clock just before its start. */
  atMs: number;
  /** The engine's word for its start: another one means that somebody started it anew. */
  startedAt: string | null;
  pid: number | null;
  /** The signal that its image wants to be stopped by. */
  stopSignal: string;
  /** Signals that we sent; others come from somebody else. */
  readonly sent: Set<number>;
  signalElsewhere: number | null;
  /** Exit code of the event of its end. */
  dieCode: number | null;
  paused: boolean;
  ended: boolean;
  /** What the supervisor was told last, to be told again when it asks. */
  news: ContainerNews | null;
  log: LogFollower | null;
  readonly abort: AbortController;
};

export function newRun(token: string, instance: string): ContainerRun {
  return {
    token,
    instance,
    id: '',
    atMs: Date.now(),
    startedAt: null,
    pid: null,
    stopSignal: 'SIGTERM',
    sent: new Set(),
    signalElsewhere: null,
    dieCode: null,
    paused: false,
    ended: false,
    news: null,
    log: null,
    abort: new AbortController(),
  };
}
