/** Causes that come with the traffic: everybody returns at once, or retries feed on themselves. */
import { complaint, complaintClue } from '../asking.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { latest, ratio, servesWell, slowness } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { dependantsOf } from '../neighbours.ts';
import { complaintsOf } from '../complaint.ts';
import { idleDatabaseOf } from './database-load.ts';

/** Lines about handshakes per minute now against the hour before. */
function handshakes({ service, nowMs }: Situation): Readonly<{ now: number; times: number }> {
  let now = 0;
  let before = 0;
  const words =
    /handshake|reconnect|upgrad|websocket|client (?:connected|joined)|switching protocols|new (?:client|session)/i;
  for (const one of service.templates.templates()) {
    if (!words.test(one.text)) continue;
    now += service.templates.countSince(one.id, nowMs - 60_000, nowMs + 1);
    before += service.templates.countSince(one.id, nowMs - 3_600_000, nowMs - 120_000) / 58;
  }
  return { now, times: now / Math.max(before, 1) };
}

const reconnectHerd = rule('ws_reconnect_herd', (situation) => {
  const { service } = situation;
  const seen = handshakes(situation);
  const speaksWs =
    service.definition.healthChecks.some(({ probe }) => probe.kind === 'ws') || seen.now > 0;
  if (!speaksWs || seen.now < 30 || seen.times < 5) return null;
  const slow = slowness(situation);
  const connections = ratio(situation, 'connections_in') ?? 1;
  return {
    target: service.name,
    sentence: `its clients return to ${service.name} all at once: ${seen.now} handshakes a minute`,
    params: { handshakesPerMinute: seen.now },
    for: [
      clue(
        0.7,
        'template',
        `${seen.now} handshakes in the last minute, ${seen.times.toFixed(0)} times the usual`,
      ),
      slow,
      when(connections >= 2, () =>
        clue(0.3, 'series', `${connections.toFixed(1)} times its usual connections`),
      ),
      complaintClue(complaint(situation, 'overload'), 0.3),
    ],
    against: [
      when(slow === null && situation.symptoms.every(({ severity }) => severity !== 'error'), () =>
        clue(0.4, 'check', 'it keeps up'),
      ),
    ],
  };
});

/** What a caller says of those whom it calls. */
const failsAway =
  /^(?:timeout|refused|reset|connect-timeout|call-failed|garbled|dns|auth|tls|tls-expired)$/;

const retryStorm = rule('overload_retry_storm', (situation) => {
  const { picture, service, sinceMs, settled, nowMs } = situation;
  const rate = ratio(situation, 'requests_per_s') ?? 1;
  const incoming = ratio(situation, 'connections_in') ?? 1;
  const callers = dependantsOf(picture, service.name).flatMap(
    (name) => picture.services.get(name) ?? [],
  );
  const retried = [service, ...callers].flatMap((one) =>
    complaintsOf(one, Math.max(sinceMs - 60_000, settled.get(one.name) ?? 0), nowMs).filter(
      ({ kind, isNew }) => kind === 'retry' && isNew,
    ),
  );
  const retry = retried.at(-1) ?? null;
  const refuses = complaint(situation, 'overload') ?? complaint(situation, 'pool-wait');
  const more = rate >= 1.8 || incoming >= 2.5;
  const bad = servesWell(situation) === false || slowness(situation) !== null;
  const errors = latest(situation, 'error_ratio') ?? 0;
  // Requests pile up, and fail, as well where a dependency does it.
  const away = situation.complaints.findLast(
    ({ kind, isNew, isOver }) => isNew && !isOver && failsAway.test(kind),
  );
  const idle = idleDatabaseOf(situation);
  // Twice the traffic at the usual speed is success.
  if (!more || !bad || (retry === null && refuses === null)) return null;
  return {
    target: service.name,
    sentence: `${service.name} drowns: ${Math.max(rate, incoming).toFixed(1)} times the usual traffic, and retries add to it`,
    params: { times: Math.round(rate * 10) / 10 },
    for: [
      clue(0.5, 'series', `${Math.max(rate, incoming).toFixed(1)} times the usual traffic`),
      slowness(situation),
      when(errors >= 0.05, () =>
        clue(0.4, 'series', `${Math.round(errors * 100)} % of its requests fail`),
      ),
      retry === null ? null : clue(0.5, 'log', `${retry.text} (${retry.count} times)`, retry.atMs),
      complaintClue(refuses, 0.4),
    ],
    against: [
      when(away !== undefined, () => clue(0.6, 'log', away?.text ?? '', away?.atMs)),
      when(idle !== null, () =>
        clue(0.5, 'dependency', `it holds its connections to ${idle?.name}, which idles`),
      ),
    ],
  };
});

export const trafficRules: readonly DecisionRule[] = [reconnectHerd, retryStorm];
