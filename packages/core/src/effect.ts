/** What the controller's shell shall do, in this order. Imperative, plain data. */
import type { Finding } from './stack/health-state.ts';

export type Effect =
  /** To the supervisor: may this run serve, does it live? */
  | Readonly<{ kind: 'report'; instance: string; token: string; ready: boolean; alive: boolean }>
  /** Look at the process and keep evidence (bounded), then answer `examined`. */
  | Readonly<{
      kind: 'examine';
      instance: string;
      service: string;
      token: string;
      check: string;
      finding: Finding;
    }>
  | Readonly<{ kind: 'continue'; instance: string; token: string }>
  | Readonly<{
      kind: 'end';
      instance: string;
      token: string;
      reason: 'hang' | 'port-stolen';
      kill: boolean;
    }>
  /** Probe all checks of this instance now and often, until told otherwise by their results. */
  | Readonly<{ kind: 'hasten'; instance: string }>
  /** Into the journal. */
  | Readonly<{
      kind: 'tell';
      /** `check.changed`, `healing.killed`, … */
      topic: string;
      service: string;
      instance: string;
      severity: 'info' | 'warn' | 'error';
      text: string;
      data: Readonly<Record<string, unknown>>;
    }>;
