/**
 * Causes of a bridge: a service that joins two sides. It runs and is healthy, and nothing crosses:
 * the peer is gone, the peer holds the line and says nothing, they do not speak the same version,
 * or the program that the bridge should run is not there.
 */
import type { FileExam } from '../../collect/exam.ts';
import type { ServicePicture } from '../../collect/picture.ts';
import {
  alteredFiles,
  blamedFile,
  complaint,
  complaintClue,
  editClues,
  pathParam,
  whyClue,
  recentEnds,
} from '../asking.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { rule } from '../make-rule.ts';
import { linksOf } from '../neighbours.ts';
import { isAbout, linkParams, reachedBy, type Reached } from '../reached.ts';
import { downChecks, isAlive, isDown, isHeartbeat, portsOf, stoppedPid } from '../vitals.ts';

/** The other side, when it is a service of this stack. */
function peers({ picture, service }: Situation): readonly ServicePicture[] {
  return linksOf(picture, service.name).flatMap(({ to }) => picture.services.get(to) ?? []);
}

const peerDown = rule('bridge_peer_down', (situation) => {
  const { service } = situation;
  if (service.kind !== 'bridge' || !isAlive(service)) return null;
  const door = reachedBy(situation).find(
    ({ endpoint, peer, direct }) =>
      endpoint.tcp === 'refused' && endpoint.listening !== true && (peer === null || direct),
  );
  const told = complaint(
    situation,
    'refused',
    (one) => door === undefined || isAbout(situation, door, one),
  );
  const gone = peers(situation).find((one) => one.kind !== 'database' && isDown(one));
  const peer = door?.peer ?? gone ?? null;
  if (door === undefined && gone === undefined) return null;
  if (peer?.kind === 'database') return null;
  const name = peer?.name ?? `${door?.endpoint.host}:${door?.endpoint.port}`;
  return {
    target: peer?.name ?? service.name,
    sentence: `the bridge ${service.name} cannot reach its peer ${name}: it ${peer !== null && isDown(peer) ? 'does not run' : 'refuses'}`,
    params:
      door === undefined
        ? { peer: name, bridge: service.name }
        : { ...linkParams(situation, door), bridge: service.name },
    for: [
      when(door !== undefined, () =>
        clue(0.7, 'network', `${name} refuses, and nobody listens there`),
      ),
      when(gone !== undefined, () => clue(0.75, 'dependency', `${gone?.name} has no process`)),
      complaintClue(told, 0.4),
    ],
    against: [
      when(peer?.want === 'down', () => clue(0.9, 'history', `${name} was stopped on purpose`)),
    ],
  };
});

/** Connected, by a closer look or by its open connections. */
function connectedTo(situation: Situation): Reached | null {
  return (
    reachedBy(situation).find(
      ({ endpoint, peer }) => endpoint.tcp === 'ok' && peer?.kind !== 'database',
    ) ?? null
  );
}

/** What asks whether it is alive passes, what asks for its peer does not. */
function isWellItself(service: ServicePicture): boolean {
  const asked = [...service.checks.values()].filter(({ last }) => last.role === 'liveness');
  return asked.length > 0 && asked.every(({ last }) => last.up === true);
}

const halfOpen = rule('bridge_half_open', (situation) => {
  const { service, symptoms } = situation;
  if (
    service.kind !== 'bridge' ||
    !isAlive(service) ||
    stoppedPid(service, situation.exam) !== null
  )
    return null;
  const told = complaint(situation, 'silent-peer') ?? complaint(situation, 'timeout');
  const late = downChecks(service).find(isHeartbeat);
  const silenced = symptoms.find(({ kind }) => kind === 'template-vanished');
  const connected = connectedTo(situation);
  const edge = [...service.edges.values()].find(({ established }) => established > 0);
  const mute = connected !== null && connected.endpoint.answers === false;
  const open = connected !== null || edge !== undefined;
  if (!open || (told === null && late === undefined && silenced === undefined && !mute))
    return null;
  const peer = connected?.peer ?? peers(situation).find(({ name }) => name === edge?.peer) ?? null;
  const name = peer?.name ?? edge?.peer ?? connected?.endpoint.host ?? 'its peer';
  return {
    target: peer?.name ?? service.name,
    sentence: `the bridge ${service.name} is connected to ${name}, and nothing comes back`,
    params: {
      peer: name,
      bridge: service.name,
      ...(connected === null ? {} : linkParams(situation, connected)),
    },
    for: [
      clue(0.35, 'network', `the connection to ${name} is established`),
      complaintClue(told, 0.65),
      when(late !== undefined, () =>
        clue(0.55, 'check', late?.last.detail ?? '', late?.downSinceMs),
      ),
      when(silenced !== undefined, () => clue(0.45, 'template', silenced?.text ?? '')),
      when(mute, () => clue(0.6, 'network', `${name} accepts and does not answer`)),
      when(told !== null && isWellItself(service), () =>
        clue(0.25, 'check', `${service.name} itself is alive by its own check`),
      ),
    ],
    against: [
      when(peer !== null && isDown(peer), () => clue(0.7, 'dependency', `${name} does not run`)),
      when(complaint(situation, 'version', ({ isOver }) => !isOver) !== null, () =>
        clue(0.4, 'log', 'they speak different versions'),
      ),
    ],
  };
});

/** A file of the other side that is not as it was when that side was last well. */
function alteredOf({ exams }: Situation, name: string): FileExam | undefined {
  return exams.get(name)?.files.find((file) => file.differsFromGood && !file.secret);
}

const versionMismatch = rule('bridge_config_mismatch', (situation) => {
  const { service } = situation;
  const told = complaint(situation, 'version');
  if (service.kind !== 'bridge' || told === null || told.isOver) return null;
  const named = peers(situation).find(
    (one) => told.port !== null && portsOf(one).includes(told.port),
  );
  const peer = named ?? peers(situation).find(({ kind }) => kind !== 'database') ?? null;
  const own = alteredFiles(situation)[0];
  // The side whose file is not as it was is the one to mend.
  const far = own === undefined && peer !== null ? alteredOf(situation, peer.name) : undefined;
  const path = far?.path ?? blamedFile(situation);
  return {
    target: far === undefined ? service.name : (peer?.name ?? service.name),
    sentence: `the bridge ${service.name} and ${peer?.name ?? 'its peer'} do not have the same version of their settings`,
    params: {
      ...pathParam(path),
      bridge: service.name,
      ...(peer === null ? {} : { peer: peer.name }),
    },
    for: [
      complaintClue(told, 0.75),
      when(connectedTo(situation) !== null, () => clue(0.25, 'network', 'the peer can be reached')),
      ...editClues(situation, { change: 0.3, altered: 0.25 }),
      when(far !== undefined, () => clue(0.3, 'config', `${far?.path} is not as it was`)),
    ],
  };
});

const execMissing = rule('bridge_exec_missing', (situation) => {
  const { service, exam } = situation;
  const told = complaint(situation, 'exec-missing');
  const why = whyClue(situation, 'bridge_exec_missing');
  const end = recentEnds(situation).findLast(({ code }) => code === 127 || code === 126);
  const absent = exam !== null && !exam.command.found && exam.command.name !== '';
  if (told === null && why === null && end === undefined && !absent) return null;
  const plain = service.kind !== 'bridge';
  const name = absent ? exam.command.name : null;
  return {
    target: service.name,
    sentence: `the program that ${service.name} should run${name === null ? '' : ` (${name})`} is not there`,
    params: { ...pathParam(blamedFile(situation)), ...(name === null ? {} : { command: name }) },
    for: [
      complaintClue(told, plain ? 0.45 : 0.7),
      why,
      when(end !== undefined, () =>
        clue(0.4, 'exit', `exit ${end?.code}: no such program`, end?.atMs),
      ),
      when(absent, () => clue(0.6, 'config', `${name} is not there or may not be run`)),
      ...editClues(situation, { change: 0.25, altered: 0.2 }),
    ],
    against: [when(plain, () => clue(0.25, 'config', 'it is no bridge'))],
  };
});

export const bridgeRules: readonly DecisionRule[] = [
  peerDown,
  halfOpen,
  versionMismatch,
  execMissing,
];
