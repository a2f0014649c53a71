/**
 * Health checks as Compose and Kubernetes word them, and what a check said.
 *
 * Startup, liveness and readiness are kept apart: only liveness restarts, and no check that touches
 * a dependency may be liveness. Source: Kubernetes, "Liveness, Readiness, and Startup Probes".
 */

export type HealthCheck = Readonly<{
  /** Unique within the service: `health`, `health.2`, … or the name given. */
  name: string;
  /** `both` serves liveness and readiness, the default for a single `health:`. */
  role: 'liveness' | 'readiness' | 'both';
  probe: Probe;
  intervalMs: number;
  timeoutMs: number;
  /** Consecutive failures until down (3). */
  downAfter: number;
  /** Consecutive successes until up again (2); the first success after a start is enough. */
  upAfter: number;
  /** Failures within this time after a start do not count. */
  startPeriodMs: number;
  startIntervalMs: number;
  /** true: a failing required check makes the component unhealthy; false: degraded. */
  required: boolean;
  /** false: the answering process need not be ours (attestation off). */
  attest: boolean;
}>;

export type Probe =
  | Readonly<{
      kind: 'http';
      /** Absolute URL, or a path on the instance's own port. */
      target: string;
      method: 'GET' | 'HEAD' | 'POST';
      headers: Readonly<Record<string, string>>;
      /** Inclusive ranges; default 200-399. */
      status: readonly Readonly<{ from: number; to: number }>[];
      /** Substring or /regex/ that the body must hold; null: any body. */
      body: string | null;
      /** Response header name (lower case) to substring or /regex/. */
      responseHeaders: Readonly<Record<string, string>>;
      /** `$.a.b[0]` to the JSON value it must equal. */
      json: Readonly<Record<string, unknown>>;
    }>
  | Readonly<{ kind: 'tcp'; host: string | null; port: number | null }>
  | Readonly<{ kind: 'ws'; target: string; send: string | null; expect: string | null }>
  | Readonly<{ kind: 'exec'; command: readonly string[] }>
  /** Up once a line matches `ready` after the start; down when `failing` matches. */
  | Readonly<{ kind: 'log'; ready: string; failing: string | null }>
  /** What the container engine says: running, and healthy where there is a check inside. */
  | Readonly<{ kind: 'container' }>
  /** Down when no ping came for `everyMs` + `graceMs`. */
  | Readonly<{ kind: 'heartbeat'; id: string; everyMs: number; graceMs: number }>
  /** Up when the health service of gRPC says SERVING for `service` (empty: the whole server). */
  | (ServerAt & Readonly<{ kind: 'grpc'; service: string; tls: TlsWish | null }>)
  /** Up when PING is answered by PONG. */
  | (ServerAt & Readonly<{ kind: 'redis'; login: Login | null; tls: TlsWish | null }>)
  /** Up when it takes connections; with a login, when it answers `SELECT 1`. */
  | (ServerAt &
      Readonly<{ kind: 'postgres'; login: Login | null; database: string; tls: TlsWish | null }>)
  /** Up when `initialize` is answered over streamable HTTP. */
  | Readonly<{ kind: 'mcp'; target: string; headers: Readonly<Record<string, string>> }>
  /** Up while every certificate of the chain is valid for `leftMs` more. */
  | (ServerAt &
      Readonly<{
        kind: 'certificate';
        /** Name that it must be made out to, by somebody trusted; null: only dates count. */
        serverName: string | null;
        /** Absolute file of the authority; null: the well-known ones. */
        ca: string | null;
        leftMs: number;
      }>)
  /** Up from READY=1 on; down when no WATCHDOG=1 came for `watchdogMs` (null: none is asked). */
  | Readonly<{ kind: 'notify'; watchdogMs: number | null }>;

/** null: of the instance itself. */
type ServerAt = Readonly<{ host: string | null; port: number | null }>;
export type Login = Readonly<{ user: string | null; password: string | null }>;
/** `verify` false: any certificate will do. `ca`: absolute file; null: the well-known ones. */
export type TlsWish = Readonly<{ verify: boolean; ca: string | null; serverName: string | null }>;

/** What one probe run saw. */
export type ProbeResult = Readonly<{
  ok: boolean;
  durationMs: number;
  /** One short clause for people: `HTTP 503`, `no answer in 2s`, `ECONNREFUSED 127.0.0.1:8000`. */
  detail: string;
  /** Did the process we supervise answer? null: not asked or unreadable. */
  attested: boolean | null;
}>;

/** Worst wins for required components; an optional one degrades at most. */
export type Health = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

/** Does the service want a NOTIFY_SOCKET? null: no check of its listens there. */
export function notifyWish({
  healthChecks,
}: Readonly<{ healthChecks: readonly HealthCheck[] }>): Readonly<{
  watchdogMs: number | null;
}> | null {
  const found = healthChecks.flatMap(({ probe }) => (probe.kind === 'notify' ? [probe] : []));
  const [first] = found;
  return first === undefined ? null : { watchdogMs: first.watchdogMs };
}
