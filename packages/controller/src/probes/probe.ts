/**
 * The contract of a probe: one file per kind, each one line in `all.ts`.
 *
 * A probe translates, it never decides: it says what it saw within a deadline, and whether anything
 * spoke at all. What that means for the service is decided in core (`stack/health-state.ts`).
 */
import type { ContainerWord } from '@fettle/core/stack/container';
import type { Probe } from '@fettle/core/stack/health-check';
import type { Answer } from '@fettle/core/stack/health-state';

/** Where and as whom a check runs. */
export type Place = Readonly<{
  instance: string;
  service: string;
  /** Address that the instance was given; null: it asks for none. */
  address: Address | null;
  /** Of an external service; null otherwise. */
  url: string | null;
  /** Of a container: the engine's last word; null: none. Absent: it is a process. */
  containerWord?: () => ContainerWord | null;
  workingDir: string;
  /** Absolute; what the run said on its NOTIFY_SOCKET. Absent: it has none. */
  notifyFile?: string;
  /** Complete environment of the run, read when it is needed. */
  environment: () => Readonly<Record<string, string>>;
}>;

export type Address = Readonly<{ host: string; port: number }>;

/** What one probe saw; attestation comes on top. */
export type Seen = Readonly<{ ok: boolean; detail: string; answer: Answer }>;

export type OpenProbe = Readonly<{
  /** Settles at the latest a moment after `timeoutMs`; never throws. */
  run(timeoutMs: number): Promise<Seen>;
  close(): void;
  /** Only for probes that read the log: new lines of this run, oldest first. */
  lines?(lines: readonly string[]): void;
  /** Only for heartbeats; the number is an exit code. */
  ping?(kind: 'ok' | 'start' | 'fail' | 'log' | number, body: string): void;
}>;

export type ProbeOf<Kind extends Probe['kind']> = Extract<Probe, Readonly<{ kind: Kind }>>;

export type ProbeKind<Kind extends Probe['kind']> = Readonly<{
  kind: Kind;
  /** What it dials, so that the listeners there can be attested; null: it dials nothing. */
  address(probe: ProbeOf<Kind>, place: Place): Address | null;
  /**
   * `wake` asks for a run now, because something was heard.
   * @throws FettleError E-HEALTH-PROBE when the probe cannot work as written.
   */
  open(probe: ProbeOf<Kind>, place: Place, wake: () => void): OpenProbe;
}>;
