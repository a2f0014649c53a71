/** Causes told by checks against real traffic: which of the two is to be believed? */
import { complaint, whyClue } from '../asking.ts';
import { clue, when, type Clue } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { latest, ratio, servesWell } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { dependantsOf } from '../neighbours.ts';
import {
  downChecks,
  isAlive,
  isDown,
  isGreen,
  isHeartbeat,
  isRefused,
  isSilent,
  ownProcesses,
  portsOf,
} from '../vitals.ts';
import type { Symptom } from '../../detect/symptom.ts';

/** Requests fail while the checks are green: by its own access log, posts, or its callers' logs. */
function trafficErrors(situation: Situation): readonly (Clue | null)[] {
  const { picture, service, sinceMs, nowMs } = situation;
  // What failed within the last minute and does not any more needs no cure.
  const ofLate = picture.series.last(service.name, 'error_ratio', nowMs) ?? 0;
  const errors = Math.min(ofLate, latest(situation, 'error_ratio') ?? 0);
  const more = ratio(situation, 'error_ratio') ?? (errors > 0.05 ? 10 : 0);
  const posted = latest(situation, 'errors_per_s') ?? 0;
  const postedMore = ratio(situation, 'errors_per_s') ?? 0;
  const callers = dependantsOf(picture, service.name).filter((name) =>
    complainsAbout(situation, name),
  );
  return [
    when(errors >= 0.05 && more >= 3, () =>
      clue(0.8, 'series', `${Math.round(errors * 100)} % of its requests fail`),
    ),
    when(posted >= 0.1 && postedMore >= 3, () =>
      clue(0.45, 'series', `${posted.toFixed(1)} errors a second are reported`),
    ),
    when(callers.length > 0, () =>
      clue(
        Math.min(0.6, 0.35 + 0.1 * callers.length),
        'dependency',
        `${callers.join(', ')} complain of it`,
      ),
    ),
    when(
      [...service.errors.values()].some(
        ({ atMs, firstMs }) => firstMs >= sinceMs - 60_000 && nowMs - atMs < 60_000,
      ),
      () => clue(0.3, 'log', 'errors were reported that were not known before'),
    ),
  ];
}

/** Lines of a caller that name this service's port and speak of failure. */
function complainsAbout({ picture, service, sinceMs }: Situation, caller: string): boolean {
  const ports = portsOf(service).map(String);
  // Not even connected: then it is the way, or the process, and not its answers.
  const noWay = /ECONNREFUSED|connect\w* ?(?:refused|timed? ?out|timeout)|connect E|unreachable/i;
  const bad = /\b5\d\d\b|error|fail|timed? ?out|reset|hang up|unexpected|invalid|corrupt/i;
  return (
    picture.services
      .get(caller)
      ?.tail.some(
        ({ atMs, line }) =>
          atMs >= sinceMs - 60_000 &&
          bad.test(line) &&
          !noWay.test(line) &&
          ports.some((port) => new RegExp(`:${port}\\b`).test(line)),
      ) === true
  );
}

const grayFailure = rule('gray_failure', (situation) => {
  const { service, symptoms } = situation;
  if (!isAlive(service) || !isGreen(service)) return null;
  const trouble = trafficErrors(situation);
  if (trouble.every((one) => one === null)) return null;
  const away = situation.complaints.find(
    ({ kind, isNew, port }) =>
      isNew &&
      /^(?:refused|timeout|connect-timeout|reset|call-failed|garbled|dns|auth|too-many-clients|pool-wait|lock|disk-full|read-only)$/.test(
        kind,
      ) &&
      !portsOf(service).includes(port ?? 0),
  );
  return {
    target: service.name,
    sentence: `${service.name} passes its checks while real requests to it fail`,
    for: [
      ...trouble,
      when(symptoms.some(isAboutErrors), () =>
        clue(0.3, 'check', 'errors rose while checks are green'),
      ),
    ],
    against: [when(away !== undefined, () => clue(0.6, 'log', away?.text ?? '', away?.atMs))],
  };
});

function isAboutErrors({ kind, key }: Symptom): boolean {
  return kind === 'errors' || (/^(?:anomaly|threshold)$/.test(kind) && /error/.test(key));
}

const probeBroken = rule('probe_broken', (situation) => {
  const { service, exam } = situation;
  const down = downChecks(service).filter((check) => !isHeartbeat(check));
  const first = down[0];
  if (first === undefined || !isAlive(service) || isDown(service)) return null;
  const serves = servesWell(situation);
  const wrongQuestion =
    /\bHTTP (?:30\d|40[01345]|41\d)\b|certificate|unexpected (?:status|body|header)|not (?:found|allowed)|exit 12[67]|body|header/i;
  const asked = down.some(({ last }) => wrongQuestion.test(last.detail));
  const others = [...service.checks.values()].some(({ last }) => last.up === true && last.ok);
  const listens = exam?.ports.some(({ owner }) => owner?.kind === 'ours') === true;
  if (serves !== true && !asked) return null;
  const quiet = situation.complaints.every(({ isNew }) => !isNew);
  // Its own log does not see how long requests wait for its only thread.
  const spins = ownProcesses(exam).find(({ state, cpu }) => state === 'R' && cpu >= 0.15);
  return {
    target: service.name,
    sentence: `check ${first.last.check} of ${service.name} fails while real requests are served`,
    params: { check: first.last.check, served: serves === true },
    for: [
      when(serves === true, () => clue(0.75, 'series', 'its requests succeed as usual')),
      when(asked, () => clue(0.4, 'check', first.last.detail)),
      when(others, () => clue(0.3, 'check', 'another check of it passes')),
      when(listens, () => clue(0.15, 'port', 'it listens')),
      when(serves === null && asked && quiet, () =>
        clue(0.3, 'log', 'its log has no new complaint'),
      ),
    ],
    against: [
      when(serves === false, () => clue(0.8, 'series', 'its requests fail or are slow')),
      when(serves === null && down.some(isSilent), () => clue(0.5, 'check', 'it gives no answer')),
      when(spins !== undefined && down.some(isSilent), () =>
        clue(0.6, 'process', `it gives no answer and uses ${spins?.cpu.toFixed(1)} cores`),
      ),
      when(down.some(isRefused), () => clue(0.4, 'check', 'it refuses connections')),
      when(
        situation.picture.services.size > 1 &&
          dependantsOf(situation.picture, service.name).some((name) =>
            complainsAbout(situation, name),
          ),
        () => clue(0.5, 'dependency', 'its callers complain of it'),
      ),
    ],
  };
});

const flapping = rule('flapping', (situation) => {
  const { service, symptoms } = situation;
  const flaps = [...service.checks.values()].some(({ last }) => last.flapping);
  const shown = symptoms.find(({ kind, target }) => kind === 'flapping' && target === service.name);
  if (!flaps && shown === undefined) return null;
  return {
    target: service.name,
    sentence: `the checks of ${service.name} change again and again: up, down, up, down`,
    for: [
      clue(0.75, 'check', shown?.text ?? 'more than half of its last checks changed the verdict'),
      whyClue(situation, 'flapping'),
    ],
  };
});

const constraintBroken = rule('constraint_broken', ({ service, symptoms }) => {
  const shown = symptoms.find(
    ({ kind, target }) => kind === 'constraint' && target === service.name,
  );
  if (shown === undefined) return null;
  return {
    target: service.name,
    sentence: shown.text,
    for: [clue(0.8, 'check', shown.text, shown.sinceMs)],
  };
});

/** An old process of ours answers in place of the run that we started. */
const orphanServing = rule('orphan_serving', (situation) => {
  const { service, exam } = situation;
  const held = exam?.ports.find(({ owner }) => owner?.kind === 'orphan');
  const denied = [...service.checks.values()].find(({ last }) => last.attested === false);
  if (held?.owner === undefined || held.owner === null) return null;
  const taken = complaint(situation, 'port-taken');
  return {
    target: service.name,
    sentence: `an orphan of an earlier run (pid ${held.owner.pid ?? '?'}) answers on port ${held.port} in place of ${service.name}`,
    params: { port: held.port, ...(held.owner.pid === null ? {} : { pid: held.owner.pid }) },
    for: [
      clue(0.7, 'port', `port ${held.port} is held by a process with an old run token`),
      when(denied !== undefined, () =>
        clue(0.5, 'check', 'its check is answered by another process'),
      ),
      when(isDown(service), () => clue(0.4, 'process', 'its own process is gone')),
      whyClue(situation, 'orphan_serving'),
    ],
    against: [when(taken !== null, () => clue(0.6, 'log', taken?.text ?? '', taken?.atMs))],
  };
});

export const healthRules: readonly DecisionRule[] = [
  grayFailure,
  probeBroken,
  flapping,
  constraintBroken,
  orphanServing,
];
