/**
 * What the supervisor and the keeper of containers say to each other: newline-delimited JSON over a
 * Unix socket. Orders go down, events of the policy come up.
 *
 * Level-triggered: after each connection the supervisor repeats `start` for what was never
 * confirmed, `watch` for what lives, and `settle` with what the stack has; all of them may be
 * repeated without harm.
 */
import type { Container } from '../stack/container.ts';
import type { Limits, PosixSignal } from '../stack/service.ts';
import type { SuperviseEvent } from './event.ts';
import type { RunToken } from './run.ts';

/** What a container needs beyond what a process does. */
export type ContainerLaunch = Readonly<{
  /** Name of the stack: prefix of the names of its containers, volumes and network. */
  stack: string;
  service: string;
  replica: number;
  container: Container;
  /** Where `container.target` is published; null: nowhere. */
  port: Readonly<{ host: string; port: number }> | null;
  /** Ports on this machine's loopback that it was told of as `host.docker.internal:PORT`. */
  relays: readonly number[];
}>;

export type StartOrder = Readonly<{
  kind: 'start';
  token: RunToken;
  instance: string;
  /** Empty: the image's own. */
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
  limits: Limits;
  launch: ContainerLaunch;
}>;

export type ContainerOrder =
  | StartOrder
  /** It was started before; say its pid, or how it ended. */
  | Readonly<{ kind: 'watch'; token: RunToken; instance: string }>
  | Readonly<{ kind: 'signal'; token: RunToken; posixSignal: PosixSignal }>
  | Readonly<{ kind: 'kill'; token: RunToken }>
  | Readonly<{ kind: 'continue'; token: RunToken }>
  /** Remove the containers of instances that are not named. */
  | Readonly<{ kind: 'settle'; instances: readonly string[] }>;

export type ContainerNews = Extract<
  SuperviseEvent,
  Readonly<{
    kind:
      | 'run-spawned'
      | 'pid-learned'
      | 'spawn-failed'
      | 'run-exited'
      | 'tree-gone'
      | 'found-stopped';
  }>
>;
