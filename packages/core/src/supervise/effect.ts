/** What the supervisor's shell shall do, in this order. Imperative; each is answered by events. */
import type { PortRange } from '../stack/port.ts';
import type { Limits, PosixSignal, Template } from '../stack/service.ts';
import type { GivenSecret } from '../stack/given-secret.ts';
import type { LineDiff } from '../stack/line-diff.ts';
import type { HookPolicy, HookStage } from '../stack/hook.ts';
import type { ContainerLaunch } from './container-wire.ts';
import type { InstanceView } from './instance-view.ts';
import type { RollingReason } from './rollout.ts';
import type { RunToken } from './run.ts';
import type { RunLogEntry } from './run-log.ts';

export type SuperviseEffect =
  /**
   * Append to the run log before the next effect runs. The shell itself writes `daemon` (it knows
   * the boot id) and `started` (it knows the start ticks); everything else comes from here.
   */
  | Readonly<{ kind: 'record'; entry: RunLogEntry }>
  /**
   * Find a port: `last` (the persisted one) first when it is among `candidates`, then candidates in
   * order, then any free port outside `reserved` when `fallback`. Claim and test it, then answer
   * `port-granted` or `port-refused`. The claim is held until `release-port`; an instance that asks
   * again for a port whose claim it holds keeps the claim and only has it tested.
   */
  | Readonly<{
      kind: 'find-port';
      instance: string;
      host: string;
      last: number | null;
      candidates: readonly PortRange[];
      reserved: readonly PortRange[];
      /** Ports already handed to other instances of this stack. */
      taken: readonly number[];
      fallback: boolean;
    }>
  /**
   * Claim the port of a survivor without testing it (its service listens there already). Not
   * answered: a claim that somebody else holds shows as `port-stolen` by attestation.
   */
  | Readonly<{ kind: 'claim-port'; instance: string; port: number }>
  | Readonly<{ kind: 'release-port'; instance: string; port: number }>
  | Readonly<{
      kind: 'spawn';
      token: RunToken;
      instance: string;
      command: readonly string[];
      workingDir: string;
      /** Complete: definition, PORT, HOST, `<NAME>_URL`, FETTLE_*; the shell adds PATH etc. */
      environment: Readonly<Record<string, string>>;
      limits: Limits;
      templates: readonly Template[];
      /** Written before it starts; absent: none. */
      given?: readonly GivenSecret[];
      configHash: string;
      /** Give it a NOTIFY_SOCKET; absent: none. */
      notify?: Readonly<{ watchdogMs: number | null }>;
      /** Absent: it runs as a process. */
      launch?: ContainerLaunch;
    }>
  /** Its output goes to the log of the run; answered by `hook-ended`. */
  | Readonly<{
      kind: 'run-hook';
      id: string;
      stage: HookStage;
      instance: string;
      token: RunToken;
      command: readonly string[];
      workingDir: string;
      /** As of `spawn`, for a hook before it. */
      given?: readonly GivenSecret[];
      /** As of `spawn`. */
      environment: Readonly<Record<string, string>>;
    }>
  /** Asked to end, and killed when it does not; answered by `hook-ended` when it lives. */
  | Readonly<{ kind: 'kill-hook'; id: string }>
  /** To the whole process group of the run. */
  | Readonly<{ kind: 'signal'; token: RunToken; posixSignal: PosixSignal }>
  /** SIGKILL to the group and to everything that carries the token; answered by `tree-gone`. */
  | Readonly<{ kind: 'kill-tree'; token: RunToken }>
  /** SIGCONT to the service's tree. */
  | Readonly<{ kind: 'continue'; token: RunToken }>
  /** Fire `timer-fired` once at `atMs` (monotonic); arming again replaces, `null` disarms. */
  | Readonly<{ kind: 'arm'; timer: string; atMs: number | null }>
  /** Write down where a service with replicas answers now, for who spreads requests over them. */
  | Readonly<{ kind: 'tell-endpoints'; service: string; endpoints: readonly Endpoint[] }>
  /** Tell subscribers; the shell numbers and stamps it. */
  | Readonly<{ kind: 'publish'; notice: Notice }>
  /** Last effect of `down`: everything of ours has ended, the daemon may end itself. */
  | Readonly<{ kind: 'halt' }>;

/** A replica that is ready and is not being stopped. */
export type Endpoint = Readonly<{ instance: string; host: string; port: number; url: string }>;

/** What subscribers (the controller) hear. */
export type Notice =
  /** Sent after every change of an instance. */
  | Readonly<{ kind: 'instance-changed'; view: InstanceView; cause: string }>
  | Readonly<{ kind: 'instance-removed'; instance: string }>
  | Readonly<{
      kind: 'port-moved';
      service: string;
      instance: string;
      from: number;
      to: number;
      why: string;
      /** Services that were told (their environment names the port). */
      dependants: readonly string[];
    }>
  | Readonly<{
      kind: 'stack-changed';
      /** Restarted, added, removed or left alone, each with the reason in words. */
      changes: readonly Readonly<{ service: string; change: StackChange; why: string }>[];
    }>
  /** A rolling restart came to its end. `why`: what stopped it; null when it is done. */
  | Readonly<{
      kind: 'rolled';
      service: string;
      phase: 'done' | 'stopped';
      done: number;
      of: number;
      why: string | null;
      reason: RollingReason;
      actor: string;
    }>
  | Readonly<{ kind: 'command-taken'; command: string; services: readonly string[]; actor: string }>
  | Readonly<{ kind: 'continued'; instance: string; token: RunToken }>
  | Readonly<{
      kind: 'template-written';
      instance: string;
      /** Absolute. */
      to: string;
      diff: LineDiff;
      /** Where an edit by hand is kept; null: there was none. */
      kept: string | null;
    }>
  | Readonly<{
      kind: 'hook-failed';
      instance: string;
      stage: HookStage;
      /** `its after_start hook (seed.sh) ended with exit 1`. */
      message: string;
      policy: HookPolicy;
    }>
  | ScheduleNotice;

export type StackChange = 'added' | 'removed' | 'restarted' | 'rescaled' | 'unchanged' | 'updated';

/** What became of a moment of a schedule that was not simply run. */
export type ScheduleNotice = Readonly<{
  kind: 'schedule';
  service: string;
  what: 'late' | 'missed' | 'skipped' | 'held' | 'replaced' | 'alarm' | 'clock-back';
  /** The moment it is about; epoch ms. */
  dueMs: number;
  text: string;
}>;
