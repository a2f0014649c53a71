/**
 * A service asks for its dependency where the dependency is not: the address that it was given and
 * the registry disagree, and the dependency itself is well.
 */
import type { ServicePicture } from '../../collect/picture.ts';
import {
  differsFromRegistry,
  isFineDirectly,
  isLocal,
  meantBy,
  settingsOf,
} from '../address-book.ts';
import { blamedFile, complaint, complaintClue, editClues, pathParam } from '../asking.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { rule } from '../make-rule.ts';
import { isDown, portsOf, stoppedPid } from '../vitals.ts';

/** Where it asks, where that comes from, and whom it means. */
type Astray = Readonly<{
  peer: ServicePicture;
  host: string;
  port: number;
  from: 'exam' | 'setting' | 'log';
  /** Nobody is there. */
  dead: boolean;
}>;

const failing = /^(?:refused|timeout|connect-timeout|reset|dns)$/;

function astray(situation: Situation): Astray | null {
  const { exam, service, complaints } = situation;
  for (const one of exam?.endpoints ?? []) {
    const peer = meantBy(situation, one);
    const dead = one.tcp !== 'ok' && one.listening !== true;
    if (peer !== null && (dead || one.peer !== null) && isAstray(peer, one))
      return { peer, host: one.host, port: one.port, from: 'exam', dead };
  }
  for (const one of settingsOf(service)) {
    const peer = isLocal(one.host) ? meantBy(situation, one) : null;
    const told = complaints.some(({ kind, port }) => failing.test(kind) && port === one.port);
    if (peer !== null && told && isAstray(peer, one))
      return { peer, host: one.host, port: one.port, from: 'setting', dead: false };
  }
  for (const { kind, host, port } of complaints) {
    if (!failing.test(kind) || port === null || host === null || !isLocal(host)) continue;
    const peer = meantBy(situation, { host, port });
    if (peer !== null && !isKnownPort(situation, port) && isAstray(peer, { host, port }))
      return { peer, host, port, from: 'log', dead: false };
  }
  return null;
}

function isAstray(peer: ServicePicture, at: Readonly<{ host: string; port: number }>): boolean {
  return differsFromRegistry(peer, at);
}

function isKnownPort({ picture }: Situation, port: number): boolean {
  return [...picture.services.values()].some((one) => portsOf(one).includes(port));
}

/** It worked through this address before, and nobody changed a file: something there broke. */
function workedBefore({ service }: Situation, port: number): boolean {
  return [...service.edges.values()].some((edge) => edge.port === port && edge.established > 0);
}

const configDrift = rule('config_drift', (situation) => {
  const { service, exam } = situation;
  const found = astray(situation);
  if (found === null) return null;
  const { peer, host, port, from, dead } = found;
  const wanted = portsOf(peer)[0] ?? 0;
  const someoneListens = exam?.endpoints.some((one) => one.port === port && one.listening === true);
  const edits = editClues(situation, { change: 0.4, altered: 0.4 });
  const untouched = edits.every((one) => one === null);
  const told =
    complaint(situation, 'refused', (one) => one.port === port || one.port === null) ??
    complaint(situation, 'connect-timeout', (one) => one.port === port) ??
    complaint(situation, 'timeout', (one) => one.port === port);
  return {
    target: service.name,
    sentence: `${service.name} looks for ${peer.name} at ${host}:${port}; it listens on ${wanted}`,
    params: { ...pathParam(blamedFile(situation)), peer: peer.name, port: wanted, wrongPort: port },
    for: [
      clue(
        from === 'exam' ? 0.6 : 0.5,
        'config',
        `${host}:${port} is none of the addresses of ${peer.name}`,
      ),
      when(dead, () => clue(0.3, 'network', `nobody listens on ${host}:${port}`)),
      complaintClue(told, 0.4),
      when(isFineDirectly(situation, peer), () =>
        clue(0.35, 'dependency', `${peer.name} is well where it is`),
      ),
      ...edits,
    ],
    against: [
      when(isDown(peer) || stoppedPid(peer, null) !== null, () =>
        clue(0.6, 'dependency', `${peer.name} is not well itself`),
      ),
      when(someoneListens === true && untouched, () =>
        clue(0.7, 'network', `somebody listens on ${host}:${port}`),
      ),
      when(workedBefore(situation, port) && untouched, () =>
        clue(0.7, 'network', `it was connected through ${host}:${port} before`),
      ),
    ],
  };
});

export const configDriftRules: readonly DecisionRule[] = [configDrift];
