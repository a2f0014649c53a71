/** The addresses that a caller uses, each with the service that is meant by it. */
import type { EndpointExam } from '../collect/exam.ts';
import type { ServicePicture } from '../collect/picture.ts';
import { meantBy } from './address-book.ts';
import type { Complaint } from './complaint.ts';
import type { Situation } from './decision-rule.ts';
import { portsOf } from './vitals.ts';

export type Reached = Readonly<{
  endpoint: EndpointExam;
  peer: ServicePicture | null;
  /** The peer's own address; otherwise somebody stands between, or the address is wrong. */
  direct: boolean;
}>;

export function reachedBy(situation: Situation): readonly Reached[] {
  return (situation.exam?.endpoints ?? []).map((endpoint) => {
    const peer = meantBy(situation, endpoint);
    return { endpoint, peer, direct: peer !== null && portsOf(peer).includes(endpoint.port) };
  });
}

/** Does the complaint speak of this endpoint, as far as it names one? */
export function isAbout({ endpoint }: Reached, one: Complaint): boolean {
  return one.port === null || one.port === endpoint.port;
}

export function addressOf({ endpoint }: Reached): string {
  return `${endpoint.host}:${endpoint.port}`;
}

/** What a runbook needs to know of a link. */
export function linkParams(
  { service }: Situation,
  { endpoint, peer }: Reached,
): Readonly<Record<string, string | number>> {
  const to = peer?.name ?? `${endpoint.host}:${endpoint.port}`;
  return { peer: to, link: `${service.name}->${to}`, host: endpoint.host, port: endpoint.port };
}
