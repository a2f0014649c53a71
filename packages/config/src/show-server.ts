/** Prints a check of a server's own protocol as config again. */
import type { Probe, TlsWish } from '@fettle/core/stack/health-check';
import { durationText } from './show-heal.ts';

type ServerProbe = Extract<
  Probe,
  Readonly<{ kind: 'grpc' | 'redis' | 'postgres' | 'certificate' | 'notify' }>
>;
/** The value of a name as it may be shown. */
type Mask = (name: string, value: string) => string;

export function serverDocument(probe: ServerProbe, mask: Mask): Record<string, unknown> {
  switch (probe.kind) {
    case 'grpc': {
      const service = probe.service === '' ? {} : { service: probe.service };
      return { grpc: serverText(probe), ...service, ...tlsDocument(probe.tls) };
    }
    case 'redis':
      return { redis: serverText(probe), ...loginDocument(probe, mask), ...tlsDocument(probe.tls) };
    case 'postgres': {
      const { database, tls } = probe;
      const login = loginDocument(probe, mask);
      return { postgres: serverText(probe), ...login, database, ...tlsDocument(tls) };
    }
    case 'certificate':
      return {
        certificate: serverText(probe),
        ...(probe.serverName === null ? {} : { server_name: probe.serverName }),
        ...(probe.ca === null ? {} : { ca: probe.ca }),
        left: durationText(probe.leftMs),
      };
    case 'notify':
      return {
        notify: true,
        ...(probe.watchdogMs === null ? {} : { watchdog: durationText(probe.watchdogMs) }),
      };
    default:
      return probe satisfies never;
  }
}

/** `true` for the own port, `5432`, `host:5432`. */
export function serverText({
  host,
  port,
}: Readonly<{ host: string | null; port: number | null }>): string | true {
  if (port === null) return true;
  const name = host?.includes(':') === true ? `[${host}]` : host;
  return `${name === null ? '' : `${name}:`}${port}`;
}

function loginDocument(
  { login }: Extract<ServerProbe, Readonly<{ kind: 'redis' | 'postgres' }>>,
  mask: Mask,
): Record<string, unknown> {
  const { user = null, password = null } = login ?? {};
  return {
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password: mask('password', password) }),
  };
}

function tlsDocument(tls: TlsWish | null): Record<string, unknown> {
  if (tls === null) return {};
  return {
    tls: tls.verify ? true : 'unverified',
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.serverName === null ? {} : { server_name: tls.serverName }),
  };
}
