/**
 * In which order ports are tried for an instance.
 *
 * A running stack keeps its ports: an instance that comes back asks for the port it had, and for
 * nothing else, as long as the holder is its own dying tree; dependants were told that port. Only
 * when a stranger holds it are the preferred ranges tried in their order, then any free port.
 */
import type { PortRange } from './port.ts';
import type { Service, Stack } from './service.ts';

export type PortQuestion = Readonly<{
  host: string;
  last: number | null;
  candidates: readonly PortRange[];
  reserved: readonly PortRange[];
  fallback: boolean;
}>;

/** The port that the instance had, nothing else. */
export function samePortQuestion(host: string, port: number): PortQuestion {
  return {
    host,
    last: port,
    candidates: [{ from: port, to: port }],
    reserved: [],
    fallback: false,
  };
}

/** All that the definition allows; null when the service asks for no port. */
export function portQuestion(
  service: Service,
  reservedPorts: Stack['reservedPorts'],
  last: number | null,
): PortQuestion | null {
  if (service.port === null) return null;
  return {
    host: service.port.host,
    last,
    candidates: service.port.preferred,
    reserved: reservedPorts
      .filter((range) => range.class !== service.portClass)
      .map(({ from, to }) => ({ from, to })),
    fallback: service.port.fallback,
  };
}
