/** Causes in what a service needs: the dependency is gone, or accepts and does not answer. */
import { complaint, complaintClue, whyClue, recentEnds } from '../asking.ts';
import { mentions } from '../address-book.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { rule } from '../make-rule.ts';
import { linksOf } from '../neighbours.ts';
import { addressOf, detoursOf, isAbout, reachedBy, type Reached } from '../reached.ts';
import { fellowCallers } from '../fellow-callers.ts';
import { latest } from '../figures.ts';
import {
  downChecks,
  isAlive,
  isDown,
  isRefused,
  isSilent,
  portsOf,
  stoppedPid,
} from '../vitals.ts';

/** The database itself does not run. */
const dbGone = rule('db_down/gone', (situation) => {
  const { service } = situation;
  if (service.kind !== 'database') return null;
  const gone = isDown(service);
  const closed = downChecks(service).find(isRefused);
  if (!gone && closed === undefined) return null;
  const all = recentEnds(situation);
  const end = all.at(-1);
  return {
    target: service.name,
    sentence: gone
      ? `the database ${service.name} does not run`
      : `the database ${service.name} runs and does not accept connections`,
    params: { peer: service.name },
    for: [
      when(gone, () => clue(0.85, 'process', `${service.name} has no process`)),
      when(closed !== undefined, () => clue(0.6, 'check', closed?.last.detail ?? '')),
      when(end !== undefined && gone, () =>
        clue(0.3, 'exit', `ended with ${end?.posixSignal ?? end?.code ?? '?'}`, end?.atMs),
      ),
    ],
    against: [
      when(all.length >= 3, () =>
        clue(0.6, 'history', `it was started ${all.length} times in 10 minutes and did not stay`),
      ),
    ],
  };
});

/** Refused, and nobody listens there, although that is its address. */
function closedDoor(situation: Situation, database: boolean): Reached | null {
  return (
    reachedBy(situation).find(
      ({ endpoint, peer, direct }) =>
        peer !== null &&
        (peer.kind === 'database') === database &&
        endpoint.tcp === 'refused' &&
        endpoint.listening !== true &&
        (direct || portsOf(peer).length === 0),
    ) ?? null
  );
}

/** Declared so by the caller: its absence degrades and is nobody's failure. */
function isOptional({ picture, service }: Situation, name: string): boolean {
  return linksOf(picture, service.name).some(
    ({ to, strength }) => to === name && strength === 'optional',
  );
}

function closedDoorCase(situation: Situation, door: Reached, what: string) {
  const peer = door.peer!;
  const told = complaint(situation, 'refused', (one) => isAbout(situation, door, one));
  return {
    target: peer.name,
    sentence: `${what}${peer.name} ${isDown(peer) ? 'does not run' : 'does not listen'}; ${situation.service.name} is refused at ${addressOf(door)}`,
    params: { peer: peer.name, port: door.endpoint.port },
    for: [
      clue(0.6, 'network', `${addressOf(door)} refuses and nobody listens there`),
      when(isDown(peer), () => clue(0.6, 'dependency', `${peer.name} has no process`)),
      complaintClue(told, 0.35),
    ],
    against: [
      when(peer.want === 'down', () => clue(0.9, 'history', `${peer.name} was stopped on purpose`)),
      when(isOptional(situation, peer.name), () =>
        clue(0.65, 'dependency', `${situation.service.name} can do without ${peer.name}`),
      ),
    ],
  };
}

const dbRefused = rule('db_down/refused', (situation) => {
  const door = closedDoor(situation, true);
  return door === null ? null : closedDoorCase(situation, door, 'the database ');
});

const dependencyRefused = rule('dependency_down', (situation) => {
  const door = closedDoor(situation, false);
  return door === null ? null : closedDoorCase(situation, door, '');
});

/** Without a closer look: the log is refused at the address of a dependency that has no process. */
const dependencyGone = rule('dependency_down/gone', (situation) => {
  const { picture, service } = situation;
  const told = complaint(situation, 'refused');
  const gone = linksOf(picture, service.name)
    .filter(({ strength }) => strength === 'required')
    .flatMap(({ to }) => picture.services.get(to) ?? [])
    .filter((peer) => peer.kind !== 'database' && peer.want === 'up' && isDown(peer));
  const peer =
    gone.find((one) => told?.port !== null && portsOf(one).includes(told?.port ?? 0)) ?? gone[0];
  if (peer === undefined) return null;
  return {
    target: peer.name,
    sentence: `${service.name} needs ${peer.name}, which does not run`,
    params: { peer: peer.name },
    for: [
      clue(0.65, 'dependency', `${peer.name} has no process`),
      complaintClue(told, 0.35),
      whyClue(situation, 'dependency_down'),
    ],
  };
});

const dbHung = rule('db_hung/self', (situation) => {
  const { service, exam } = situation;
  if (service.kind !== 'database' || isDown(service)) return null;
  const pid = stoppedPid(service, exam);
  const silent = downChecks(service).find(isSilent);
  if (pid === null && silent === undefined) return null;
  return {
    target: service.name,
    sentence:
      pid === null
        ? `the database ${service.name} accepts connections and does not answer`
        : `the database ${service.name} is halted (state T, pid ${pid})`,
    params: pid === null ? { peer: service.name } : { peer: service.name, pid, state: 'T' },
    for: [
      when(pid !== null, () => clue(0.9, 'process', `pid ${pid} is in state T`)),
      when(silent !== undefined, () => clue(0.78, 'check', silent?.last.detail ?? '')),
    ],
  };
});

const dbMute = rule('db_hung/asked', (situation) => {
  const found = reachedBy(situation).find(
    ({ endpoint, peer, direct }) =>
      peer?.kind === 'database' && direct && endpoint.tcp === 'ok' && endpoint.answers === false,
  );
  if (found?.peer === undefined || found.peer === null) return null;
  const { peer } = found;
  const told =
    complaint(situation, 'timeout', (one) => isAbout(situation, found, one)) ??
    complaint(situation, 'pool-wait');
  const green = [...peer.checks.values()].some(({ last }) => last.ok && last.up === true);
  return {
    target: peer.name,
    sentence: `the database ${peer.name} accepts connections and does not answer`,
    params: { peer: peer.name, port: found.endpoint.port },
    for: [
      clue(0.75, 'network', `${addressOf(found)} accepts and does not answer`),
      when(stoppedPid(peer, peer.exam) !== null, () =>
        clue(0.8, 'process', 'its process is in state T'),
      ),
      complaintClue(told, 0.35),
    ],
    against: [when(green, () => clue(0.3, 'check', `a check of ${peer.name} passes`))],
  };
});

/**
 * Nothing that a closer look could ask: its port is open, its protocol is not known. But all who
 * need it wait in vain for its answers, and it does nothing.
 */
const dbDumb = rule('db_hung/callers', (situation) => {
  const { picture, service, exam } = situation;
  if (service.kind === 'database') return null;
  const needed = linksOf(picture, service.name)
    .flatMap(({ to }) => picture.services.get(to) ?? [])
    .filter(({ kind }) => kind === 'database');
  const peer = needed.length === 1 ? needed[0] : undefined;
  if (peer === undefined || !isAlive(peer) || stoppedPid(peer, peer.exam) !== null) return null;
  const endpoint = exam?.endpoints.find((one) => one.peer === peer.name);
  const told = situation.complaints.findLast(
    (one) =>
      one.kind === 'timeout' &&
      one.isNew &&
      (one.port === null || portsOf(peer).includes(one.port)) &&
      !linksOf(picture, service.name).some(({ to }) => to !== peer.name && mentions(one.text, to)),
  );
  if (told === undefined || (endpoint !== undefined && endpoint.tcp !== 'ok')) return null;
  const { suffer, fine } = fellowCallers(situation, peer.name);
  const all = suffer.length >= 2 && fine.length === 0;
  const between = detoursOf(situation).some((one) => one.peer === peer);
  const cores = latest(situation, 'cpu', peer.name);
  const named = /quer|sql|database|\bdb\b|storage|cache|redis|command|statement/i.test(told.text);
  return {
    target: peer.name,
    sentence: `the database ${peer.name} is there and answers nobody: ${suffer.length + 1} callers wait in vain`,
    params: { peer: peer.name },
    for: [
      complaintClue(told, 0.4),
      when(named, () => clue(0.25, 'log', 'it speaks of queries')),
      when(suffer.length > 0, () =>
        clue(
          Math.min(0.75, 0.4 + 0.12 * suffer.length),
          'dependency',
          `${suffer.join(', ')} wait, too`,
        ),
      ),
      when(cores !== null && cores < 0.3, () =>
        clue(0.25, 'process', `${peer.name} runs and hardly uses the CPU`),
      ),
    ],
    against: [
      // A refusal to a stranger is an answer, too: it outweighs one caller, not all of them.
      when(endpoint?.answers === true && !all, () =>
        clue(0.7, 'network', `${peer.name} answers when asked`),
      ),
      when(fine.length > 0, () =>
        clue(0.5, 'dependency', `${fine.join(', ')} use it without trouble`),
      ),
      when(between, () => clue(0.5, 'network', `${service.name} does not reach it straight`)),
      when((cores ?? 0) >= 0.7, () => clue(0.6, 'process', `${peer.name} is busy`)),
    ],
  };
});

export const dependencyRules: readonly DecisionRule[] = [
  dbGone,
  dbRefused,
  dependencyRefused,
  dependencyGone,
  dbHung,
  dbMute,
  dbDumb,
];
