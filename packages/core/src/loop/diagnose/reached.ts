/** The ways that a caller takes, each with the service that is meant by it. */
import type { EndpointExam } from '../collect/exam.ts';
import type { EdgeSeen } from '../collect/observation.ts';
import type { Picture, ServicePicture } from '../collect/picture.ts';
import { isLocal, meantBy, mentions, metBy } from './address-book.ts';
import type { Complaint } from './complaint.ts';
import type { Situation } from './decision-rule.ts';
import { linksOf } from './neighbours.ts';
import { portsOf } from './vitals.ts';

export type Reached = Readonly<{
  endpoint: EndpointExam;
  peer: ServicePicture | null;
  /** The peer's own address; otherwise somebody stands between, or the address is wrong. */
  direct: boolean;
}>;

export function reachedBy(situation: Situation): readonly Reached[] {
  const named = (situation.exam?.endpoints ?? []).filter(
    ({ from, peer }) => from !== 'connection' || peer !== null,
  );
  return named.map((endpoint) => {
    const peer = meantBy(situation, endpoint);
    return { endpoint, peer, direct: peer !== null && portsOf(peer).includes(endpoint.port) };
  });
}

/** Ways that lead to a peer over an address that is not its own. */
export function detoursOf(situation: Situation): readonly Reached[] {
  const tried = reachedBy(situation).filter(({ peer, direct }) => peer !== null && !direct);
  const seen = [...situation.service.edges.values()]
    .filter(({ port }) => !tried.some(({ endpoint }) => endpoint.port === port))
    .filter((edge) => edge.peer === null && isLocal(edge.host))
    .flatMap((edge) => detourBy(situation, edge) ?? []);
  return [...tried, ...seen];
}

/** A connection to an unknown port of this machine that only callers of one peer have. */
function detourBy(situation: Situation, edge: EdgeSeen): Reached | null {
  const { picture, service } = situation;
  const needs = linksOf(picture, service.name).flatMap(({ to }) => picture.services.get(to) ?? []);
  const met = metBy(situation);
  const unmet = needs.filter(({ name }) => !met.has(name));
  const peer = unmet.length === 1 ? unmet[0] : undefined;
  if (peer === undefined || isKnownPort(picture, edge.port)) return null;
  const users = [...picture.services.values()].filter((one) =>
    [...one.edges.values()].some(({ port, host }) => port === edge.port && isLocal(host)),
  );
  const strangers = users.some((one) => !needsIt(picture, one.name, peer.name));
  if (strangers) return null;
  const asked = situation.exam?.endpoints.find(
    ({ from, port }) => from === 'connection' && port === edge.port,
  );
  const endpoint: EndpointExam = asked ?? {
    peer: null,
    host: edge.host,
    port: edge.port,
    from: 'connection',
    tcp: edge.established === 0 && edge.synSent > 0 ? 'timeout' : 'ok',
    connectMs: null,
    answers: null,
    listening: null,
    owner: null,
    clients: null,
    topClient: null,
  };
  return { endpoint, peer, direct: false };
}

function needsIt(picture: Picture, name: string, peer: string): boolean {
  return linksOf(picture, name).some(({ to }) => to === peer);
}

function isKnownPort(picture: Picture, port: number): boolean {
  return [...picture.services.values()].some((one) => portsOf(one).includes(port));
}

/** Does the complaint speak of this way? Without an address, a name in its text decides. */
export function isAbout(
  { picture, service }: Situation,
  { endpoint, peer }: Reached,
  one: Complaint,
): boolean {
  if (one.port !== null) return one.port === endpoint.port;
  if (peer !== null && mentions(one.text, peer.name)) return true;
  return !linksOf(picture, service.name).some(({ to }) => mentions(one.text, to));
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
