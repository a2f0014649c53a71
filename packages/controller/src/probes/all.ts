/** Every kind of probe, by its word in the config. */
import type { Probe } from '@fettle/core/stack/health-check';
import { certificateProbe } from './certificate.ts';
import { containerProbe } from './container.ts';
import { execProbe } from './exec.ts';
import { grpcProbe } from './grpc.ts';
import { heartbeatProbe } from './heartbeat.ts';
import { httpProbe } from './http.ts';
import { logProbe } from './log.ts';
import { mcpProbe } from './mcp.ts';
import { notifyProbe } from './notify.ts';
import { postgresProbe } from './postgres.ts';
import type { Address, OpenProbe, Place, ProbeKind } from './probe.ts';
import { redisProbe } from './redis.ts';
import { tcpProbe } from './tcp.ts';
import { wsProbe } from './ws.ts';

const kinds: Readonly<{ [Kind in Probe['kind']]: ProbeKind<Kind> }> = {
  http: httpProbe,
  tcp: tcpProbe,
  ws: wsProbe,
  exec: execProbe,
  log: logProbe,
  heartbeat: heartbeatProbe,
  grpc: grpcProbe,
  redis: redisProbe,
  postgres: postgresProbe,
  mcp: mcpProbe,
  certificate: certificateProbe,
  notify: notifyProbe,
  container: containerProbe,
};

/** @throws FettleError E-HEALTH-PROBE when the probe cannot work as written. */
export function openProbe(probe: Probe, place: Place, wake: () => void): OpenProbe {
  // The table pairs each kind with its own file; the compiler cannot follow that through an index.
  const kind = kinds[probe.kind] as ProbeKind<Probe['kind']>;
  return kind.open(probe as never, place, wake);
}

/** What the probe dials; null: it dials nothing. */
export function probeAddress(probe: Probe, place: Place): Address | null {
  const kind = kinds[probe.kind] as ProbeKind<Probe['kind']>;
  return kind.address(probe as never, place);
}
