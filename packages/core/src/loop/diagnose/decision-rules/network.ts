/** Causes between services: a listener is there and cannot be reached; a name has no address. */
import { complaint, complaintClue, editClues, whyClue } from '../asking.ts';
import { clue, when, type Clue } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { fellowCallers } from '../fellow-callers.ts';
import { rule } from '../make-rule.ts';
import { addressOf, detoursOf, isAbout, linkParams, reachedBy, type Reached } from '../reached.ts';
import { isAlive, stoppedPid } from '../vitals.ts';

/** The process of the other side is there and listens. */
function listens({ endpoint, peer }: Reached, situation: Situation): Clue | null {
  if (endpoint.listening === true)
    return clue(0.55, 'port', `a process listens on ${endpoint.port}`);
  const seen = peer === null ? undefined : situation.exams.get(peer.name)?.ports;
  const own = seen?.some(({ port, owner }) => port === endpoint.port && owner?.kind === 'ours');
  return own === true && endpoint.listening === null
    ? clue(0.5, 'port', `${peer?.name} listens on ${endpoint.port}`)
    : null;
}

function isHalted({ peer }: Reached): boolean {
  return peer !== null && stoppedPid(peer, peer.exam) !== null;
}

const refusedByPolicy = rule('net_refused_policy', (situation) => {
  for (const one of reachedBy(situation)) {
    const listener = one.endpoint.tcp === 'refused' ? listens(one, situation) : null;
    if (listener === null || (one.peer !== null && !one.direct)) continue;
    const told = complaint(situation, 'refused', (each) => isAbout(situation, one, each));
    return {
      target: situation.service.name,
      sentence: `${addressOf(one)} refuses ${situation.service.name} although a process listens there: a rule of the network`,
      params: linkParams(situation, one),
      for: [
        clue(0.45, 'network', `${addressOf(one)} refuses`),
        listener,
        complaintClue(told, 0.35),
      ],
      against: [
        when(one.peer !== null && !isAlive(one.peer), () =>
          clue(0.7, 'dependency', `${one.peer?.name} does not run`),
        ),
      ],
    };
  }
  return null;
});

/** Way by way: does a closer look lose connections there, or does the log say that they vanished? */
const blackhole = rule('net_blackhole', (situation) => {
  const { service } = situation;
  for (const one of new Set([...reachedBy(situation), ...detoursOf(situation)])) {
    const { endpoint, peer } = one;
    const lost = endpoint.tcp === 'timeout' || endpoint.tcp === 'unreachable';
    const vanished = complaint(
      situation,
      'connect-timeout',
      ({ port, isNew }) => port === endpoint.port && isNew,
    );
    if (!lost && (vanished === null || endpoint.tcp !== 'ok')) continue;
    const told =
      vanished ?? complaint(situation, 'timeout', (each) => isAbout(situation, one, each));
    const listener = listens(one, situation);
    const edge = [...service.edges.values()].find(({ port }) => port === endpoint.port);
    const runs = peer !== null && isAlive(peer);
    if (listener === null && !runs && told === null) continue;
    const fellows = peer === null ? null : fellowCallers(situation, peer.name);
    return {
      target: service.name,
      sentence: `connections of ${service.name} to ${peer?.name ?? addressOf(one)} vanish: no answer, no refusal`,
      params: linkParams(situation, one),
      for: [
        when(lost, () =>
          clue(0.5, 'network', `no connection to ${addressOf(one)} within a second`),
        ),
        complaintClue(told, vanished === null ? 0.35 : 0.5),
        listener,
        when(listener === null && runs, () => clue(0.3, 'process', `${peer?.name} runs`)),
        when((edge?.synSent ?? 0) > 0, () =>
          clue(0.3, 'network', `${edge?.synSent} connections wait for their first answer`),
        ),
        when((fellows?.fine.length ?? 0) > 0, () =>
          clue(0.3, 'dependency', `${fellows?.fine.join(', ')} use ${peer?.name} without trouble`),
        ),
      ],
      against: [
        when(isHalted(one), () => clue(0.8, 'process', `${peer?.name} is in state T`)),
        when(told === null && (edge?.synSent ?? 0) === 0, () =>
          clue(0.5, 'log', `${service.name} itself says nothing of it`),
        ),
        when(peer !== null && !runs, () => clue(0.5, 'dependency', `${peer?.name} does not run`)),
        when(!lost, () => clue(0.2, 'network', `${addressOf(one)} can be reached right now`)),
      ],
    };
  }
  return null;
});

const dnsFailure = rule('dns_failure', (situation) => {
  const { service, exam } = situation;
  const asked = exam?.names.find(({ error }) => error !== null);
  const told = complaint(situation, 'dns');
  const why = whyClue(situation, 'dns_failure');
  if (asked === undefined && told === null && why === null) return null;
  const host = asked?.host ?? told?.host ?? '';
  const well = exam?.names.some((one) => one.host === host && one.error === null) === true;
  const ip = asked?.lastGood ?? null;
  return {
    target: service.name,
    sentence: `the name ${host === '' ? 'of a host' : host} that ${service.name} asks for cannot be resolved`,
    params: { ...(host === '' ? {} : { host }), ...(ip === null ? {} : { ip }) },
    for: [
      when(asked !== undefined, () => clue(0.7, 'network', `${host}: ${asked?.error ?? ''}`)),
      complaintClue(told, 0.65),
      why,
      when(ip !== null, () => clue(0.15, 'history', `${host} was ${ip} before`)),
    ],
    against: [
      when(well, () => clue(0.4, 'network', `${host} can be resolved now`)),
      ...editClues(situation, { change: 0.35, altered: 0.35 }),
    ],
  };
});

export const networkRules: readonly DecisionRule[] = [refusedByPolicy, blackhole, dnsFailure];
