/** What the gate and the chooser need to know of the stack, taken from the picture. */
import type { ServiceKind } from '../collect/picture.ts';

export type StackFacts = Readonly<{
  services: ReadonlyMap<string, ServiceFacts>;
  /** Set when many turned unhealthy together. */
  cascade: Cascade | null;
}>;

export type ServiceFacts = Readonly<{
  kind: ServiceKind;
  external: boolean;
  /** false: the stack only degrades without it. */
  required: boolean;
  want: 'up' | 'down';
  /** Process gone, waiting for its next start, or in a crash loop. */
  dead: boolean;
  /** In state T. */
  stopped: boolean;
  wanted: number;
  healthy: number;
  flapping: boolean;
  /** Of what it depends on, transitively, and of what depends on it. */
  dependencies: readonly string[];
  dependants: readonly string[];
}>;

export type Cascade = Readonly<{
  /** Unhealthy together. */
  members: readonly string[];
  /** Members that depend on no other member; empty: none can be told. */
  roots: readonly string[];
  total: number;
}>;
