/** Causes in a database that runs and answers: slow, locked, or without free connections. */
import type { EndpointExam } from '../../collect/exam.ts';
import type { ServicePicture } from '../../collect/picture.ts';
import { complaint, complaintClue, whyClue } from '../asking.ts';
import { clue, when, type Clue } from '../clue.ts';
import type { Complaint } from '../complaint.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { growth, latest, ratio } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { linksOf } from '../neighbours.ts';
import { isDown, portsOf, stoppedPid } from '../vitals.ts';

/** The database that it is about: itself, the one whose port is named, or the only one needed. */
function databaseOf(situation: Situation, told: Complaint | null): ServicePicture | null {
  const { picture, service } = situation;
  if (service.kind === 'database') return service;
  const needed = linksOf(picture, service.name)
    .flatMap(({ to }) => picture.services.get(to) ?? [])
    .filter(({ kind }) => kind === 'database');
  const named = needed.find((one) => portsOf(one).includes(told?.port ?? 0));
  return named ?? needed[0] ?? null;
}

function endpointOf({ exam, exams }: Situation, db: ServicePicture): EndpointExam | null {
  const all = [exam, ...exams.values()].flatMap((one) => one?.endpoints ?? []);
  return (
    all.find(({ peer, topClient }) => peer === db.name && topClient !== null) ??
    all.find(({ peer }) => peer === db.name) ??
    null
  );
}

/** The database answers quickly: then waiting for a connection is the caller's own doing. */
function isQuick(situation: Situation, db: ServicePicture): Clue | null {
  const endpoint = endpointOf(situation, db);
  const slower = ratio(situation, 'probe_ms', db.name) ?? 1;
  const answered =
    endpoint?.tcp === 'ok' && endpoint.answers !== false && (endpoint.answerMs ?? 0) < 300;
  const green = [...db.checks.values()].some(({ last }) => last.ok);
  if (slower >= 3 || (endpoint !== null && !answered)) return null;
  return answered || green
    ? clue(0.3, 'dependency', `${db.name} answers as quickly as ever`)
    : null;
}

const dbSlow = rule('db_slow', (situation) => {
  const told = complaint(situation, 'slow') ?? complaint(situation, 'timeout');
  const db = databaseOf(situation, told);
  if (db === null || isDown(db) || stoppedPid(db, db.exam) !== null) return null;
  const endpoint = endpointOf(situation, db);
  const probe = ratio(situation, 'probe_ms', db.name) ?? 1;
  const requests = ratio(situation, 'request_p95_ms', db.name) ?? 1;
  const answerMs = endpoint?.answerMs ?? 0;
  const own = complaint({ ...situation, complaints: situation.complaints }, 'slow');
  const strong = [
    when(probe >= 3 && (latest(situation, 'probe_ms', db.name) ?? 0) >= 40, () =>
      clue(0.6, 'series', `the check of ${db.name} takes ${probe.toFixed(1)} times the usual`),
    ),
    when(requests >= 3, () =>
      clue(0.6, 'series', `p95 of ${db.name} is ${requests.toFixed(1)} times the usual`),
    ),
    when(answerMs >= 300, () => clue(0.6, 'network', `${db.name} takes ${answerMs} ms to answer`)),
    complaintClue(own, 0.45),
  ];
  if (strong.every((one) => one === null)) return null;
  const locked = complaint(situation, 'lock');
  const pressed = latest(situation, 'psi_cpu', '@host') ?? 0;
  return {
    target: db.name,
    sentence: `the database ${db.name} answers, and slowly`,
    params: { peer: db.name },
    for: [
      ...strong,
      when(told !== null && told !== own, () => clue(0.3, 'log', told?.text ?? '', told?.atMs)),
      when((latest(situation, 'psi_io', '@host') ?? 0) >= 0.3, () =>
        clue(0.3, 'disk', 'processes wait for the disk'),
      ),
      when((latest(situation, 'cpu', db.name) ?? 0) >= 0.9, () =>
        clue(0.3, 'process', `${db.name} uses a whole core`),
      ),
    ],
    against: [
      when(endpoint?.answers === false, () =>
        clue(0.5, 'network', `${db.name} does not answer at all`),
      ),
      when(locked !== null && locked.isNew, () =>
        clue(0.5, 'log', locked?.text ?? '', locked?.atMs),
      ),
      when(pressed >= 0.4, () => clue(0.5, 'process', 'the whole machine waits for the CPU')),
    ],
  };
});

const lockContention = rule('db_lock_contention', (situation) => {
  const told = complaint(situation, 'lock');
  const why = whyClue(situation, 'db_lock_contention');
  if (told === null && why === null) return null;
  const db = databaseOf(situation, told);
  const pid = /(?:pid|process|session|backend)[ =:#]+(\d{2,7})/i.exec(told?.text ?? '')?.[1];
  return {
    target: db?.name ?? situation.service.name,
    sentence: `a session holds a lock in ${db?.name ?? 'the database'} and others wait for it`,
    params: {
      ...(db === null ? {} : { peer: db.name }),
      ...(pid === undefined ? {} : { pid: Number(pid) }),
    },
    for: [
      complaintClue(told, 0.7),
      why,
      when(db !== null && (latest(situation, 'cpu', db.name) ?? 1) < 0.2, () =>
        clue(0.2, 'process', `${db?.name} hardly uses the CPU meanwhile`),
      ),
    ],
    against: [
      when(db !== null && isDown(db), () => clue(0.7, 'dependency', `${db?.name} does not run`)),
    ],
  };
});

/** The database whose connections are all with this service while it answers at once: it idles. */
export function idleDatabaseOf(situation: Situation): ServicePicture | null {
  const told = complaint(situation, 'pool-wait') ?? complaint(situation, 'too-many-clients');
  const db = told === null ? null : databaseOf(situation, told);
  if (db === null || db === situation.service || isQuick(situation, db) === null) return null;
  const top = endpointOf(situation, db)?.topClient ?? null;
  return top?.service === situation.service.name && top.connections >= 3 ? db : null;
}

/** In use = max with a quick database: it takes connections and does not give them back. */
const poolLeak = rule('pool_leak', (situation) => {
  const { service } = situation;
  const told = complaint(situation, 'pool-wait');
  const full = complaint(situation, 'too-many-clients');
  const db = databaseOf(situation, told ?? full);
  if ((told === null && full === null) || db === null || db === service) return null;
  if (isDown(db) || stoppedPid(db, db.exam) !== null) return null;
  const top = endpointOf(situation, db)?.topClient ?? null;
  const own = top?.service === service.name && top.connections >= 3;
  const edge = [...service.edges.values()].find(({ peer }) => peer === db.name);
  const grows = growth(situation, 'connections_out');
  const quick = isQuick(situation, db);
  if (told === null && !own) return null;
  const busier = (ratio(situation, 'requests_per_s') ?? 1) >= 2;
  const idle = idleDatabaseOf(situation) !== null;
  // Who holds a connection and waits for its answer has not forgotten it.
  const late = complaint(situation, 'timeout', ({ isNew }) => isNew);
  return {
    target: service.name,
    sentence: `${service.name} takes connections to ${db.name} and does not give them back`,
    params: { peer: db.name },
    for: [
      complaintClue(told, 0.5),
      quick,
      when(own, () =>
        clue(0.5, 'network', `it holds ${top?.connections} connections, the most of all`),
      ),
      when(grows !== null && grows.r2 >= 0.6, () =>
        clue(0.4, 'series', `its connections grow from ${grows?.from} to ${grows?.to}`),
      ),
      when((edge?.closeWait ?? 0) >= 3, () =>
        clue(0.3, 'network', `${edge?.closeWait} connections that the other side has closed`),
      ),
    ],
    against: [
      when(quick === null, () => clue(0.5, 'dependency', `${db.name} is slow itself`)),
      when(top !== null && top.service !== service.name && top.connections >= 5, () =>
        clue(0.7, 'network', `another client holds the most connections (pid ${top?.pid})`),
      ),
      // Who is turned away asks again: more requests are no cause where the database idles.
      when(busier, () => clue(idle ? 0.1 : 0.4, 'series', 'it has more requests than usual')),
      when(late !== null, () => clue(0.4, 'log', late?.text ?? '', late?.atMs)),
    ],
  };
});

/** The slots are held by one client that is not the one who complains. */
const maxConnections = rule('db_max_connections', (situation) => {
  const { service } = situation;
  const told = complaint(situation, 'too-many-clients');
  const waits = complaint(situation, 'pool-wait');
  const db = databaseOf(situation, told ?? waits);
  if (told === null || db === null) return null;
  const endpoint = endpointOf(situation, db);
  const top = endpoint?.topClient ?? null;
  const other = top !== null && top.service !== service.name;
  return {
    target: db.name,
    sentence:
      top === null
        ? `${db.name} has no free connection left`
        : `${db.name} has no free connection left: pid ${top.pid} holds ${top.connections}`,
    params: {
      peer: db.name,
      ...(top === null ? {} : { pid: top.pid, client: top.service ?? `pid ${top.pid}` }),
    },
    for: [
      complaintClue(told, 0.65),
      when(other && (top?.connections ?? 0) >= 5, () =>
        clue(
          0.6,
          'network',
          `pid ${top?.pid} (${top?.service ?? 'not of this stack'}) holds ${top?.connections}`,
        ),
      ),
      whyClue(situation, 'db_max_connections'),
    ],
    against: [
      when(top !== null && !other, () =>
        clue(0.6, 'network', `${service.name} itself holds the most connections`),
      ),
    ],
  };
});

export const databaseLoadRules: readonly DecisionRule[] = [
  dbSlow,
  lockContention,
  poolLeak,
  maxConnections,
];
