/**
 * Causes on the way between two services that are both well: slow, broken off, or held up by what
 * stands between. How other callers fare, and the straight way, tell it from a sick far end.
 */
import { complaint, complaintClue, editClues, recentEnds, whyClue } from '../asking.ts';
import { directTo, isFineDirectly } from '../address-book.ts';
import { clue, when, type Clue } from '../clue.ts';
import type { Complaint } from '../complaint.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { fellowCallers } from '../fellow-callers.ts';
import { latest, ratio, slowAlone, slowness } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { addressOf, detoursOf, isAbout, linkParams, reachedBy, type Reached } from '../reached.ts';
import { downChecks, isAlive, isSilent, portsOf, stoppedPid } from '../vitals.ts';

function isHalted({ peer }: Reached): boolean {
  return peer !== null && stoppedPid(peer, peer.exam) !== null;
}

/** What others say of the far end, and what it says when it is asked straight. */
function farEnd(situation: Situation, { peer }: Reached) {
  if (peer === null) return { well: [], ill: [] };
  const { suffer, fine } = fellowCallers(situation, peer.name);
  const straight = isFineDirectly(situation, peer);
  const well: readonly (Clue | null)[] = [
    when(straight, () => clue(0.35, 'dependency', `${peer.name} is fine when asked straight`)),
    when(fine.length > 0, () =>
      clue(0.35, 'dependency', `${fine.join(', ')} use it without trouble`),
    ),
  ];
  const ill: readonly (Clue | null)[] = [
    when(suffer.length > 0, () =>
      clue(0.6, 'dependency', `${suffer.join(', ')} complain of ${peer.name}, too`),
    ),
    when(!straight, () => clue(0.4, 'dependency', `${peer.name} is not fine when asked straight`)),
  ];
  return { well, ill };
}

/** Share of its requests that succeed lately; null: no such figures. */
function successes(situation: Situation): number | null {
  const rate = latest(situation, 'requests_per_s') ?? 0;
  const errors = latest(situation, 'error_ratio');
  if (rate >= 0.1 && errors !== null) return 1 - errors;
  const [check] = downChecks(situation.service);
  const last = check?.results.slice(-3) ?? [];
  return last.length === 3 && last.every(({ ok }) => !ok) ? 0 : null;
}

function tookMs({ endpoint }: Reached): number {
  return Math.max(endpoint.connectMs ?? 0, endpoint.answerMs ?? 0);
}

/** What the other ways took in the same look: when we are slow ourselves, all of them are. */
function othersTookMs({ exams }: Situation, { endpoint }: Reached): number {
  const took = [...exams.values()]
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ tcp, port }) => tcp === 'ok' && port !== endpoint.port)
    .map(({ connectMs, answerMs }) => Math.max(connectMs ?? 0, answerMs ?? 0))
    .toSorted((a, b) => a - b);
  return took.length < 2 ? 0 : (took[Math.floor(took.length / 2)] ?? 0);
}

/** Slow by the clock of a closer look: the way takes long, and the straight way does not. */
function measuredSlow(situation: Situation, one: Reached): Clue | null {
  const { endpoint, peer } = one;
  const ms = tookMs(one);
  if (peer === null || endpoint.tcp !== 'ok' || endpoint.answers === false || ms < 100) return null;
  const straight = one.direct ? null : directTo(situation, peer);
  const straightMs = Math.max(straight?.connectMs ?? 0, straight?.answerMs ?? 0);
  const calm = (ratio(situation, 'probe_ms', peer.name) ?? 1) < 2;
  if (straight === null ? !calm : ms < 4 * Math.max(straightMs, 5)) return null;
  if (ms < 4 * othersTookMs(situation, one)) return null;
  const beside = straight === null ? 'its checks are quick' : `straight it is ${straightMs} ms`;
  return clue(0.65, 'network', `${addressOf(one)} takes ${Math.round(ms)} ms, ${beside}`);
}

/** The caller waits for somebody, and by this way nobody else than this one can be meant. */
function waits(situation: Situation, one: Reached): Complaint | null {
  const about = (each: Complaint): boolean => isAbout(situation, one, each);
  return complaint(situation, 'timeout', about) ?? complaint(situation, 'slow', about);
}

const linkLatency = rule('link_latency', (situation) => {
  const { service } = situation;
  const ways = [...reachedBy(situation), ...detoursOf(situation)];
  for (const one of ways) {
    const { peer, direct, endpoint } = one;
    if (peer === null || isHalted(one) || !isAlive(peer)) continue;
    const measured = measuredSlow(situation, one);
    const told = waits(situation, one);
    const slow = slowness(situation);
    // Our own look may be late. Who suffers from a slow way waits, and it shows or is told.
    if (slow === null && told?.isNew !== true) continue;
    const open = !direct && endpoint.tcp === 'ok' && endpoint.answers !== false;
    if (measured === null && !(open && (told?.isNew === true || slow !== null))) continue;
    const { well, ill } = farEnd(situation, one);
    const share = successes(situation);
    return {
      target: service.name,
      sentence: `the way from ${service.name} to ${peer.name} over ${addressOf(one)} is slow; ${peer.name} itself is not`,
      params: linkParams(situation, one),
      for: [
        measured,
        complaintClue(told, 0.4),
        slow,
        when(open, () =>
          clue(0.3, 'network', `it goes through ${addressOf(one)}, which is not ${peer.name}`),
        ),
        ...well,
      ],
      against: [
        ...ill,
        when(measured === null && share !== null && share < 0.1, () =>
          clue(0.5, 'series', 'nothing at all comes through'),
        ),
        when(garbles(situation, one), () =>
          clue(0.6, 'network', `${addressOf(one)} passes on what nobody said`),
        ),
        when((latest(situation, 'psi_cpu', '@host') ?? 0) >= 0.4 && !slowAlone(situation), () =>
          clue(0.5, 'process', 'the whole machine waits for the CPU'),
        ),
        when(isKilled(situation), () =>
          clue(0.7, 'exit', 'a signal ended it, and nothing else shows'),
        ),
      ],
    };
  }
  return null;
});

/** No way to anywhere sends a signal. */
function isKilled(situation: Situation): boolean {
  const last = recentEnds(situation).at(-1);
  const signalled = last !== undefined && last.posixSignal !== null && last.endedBy === null;
  return signalled && situation.symptoms.every(({ kind }) => kind === 'exit');
}

/** Connections through somebody else that were taken and broken off, while others were answered. */
function breaksOff(situation: Situation, { endpoint, peer, direct }: Reached): boolean {
  const { tries = null } = endpoint;
  if (direct || tries === null || tries.brokenOff === 0) return false;
  // Never answered there, it may be that we ask what nobody understands.
  const isUnderstood = peer !== null && directTo(situation, peer)?.answers === true;
  return tries.answered > 0 || isUnderstood;
}

function breaksWords({ endpoint }: Reached): string {
  const { tries = null } = endpoint;
  return tries === null ? 'resets' : `breaks off ${tries.brokenOff} of ${tries.asked} connections`;
}

/** Does anything of it fail, a request or a check? null: nobody tells. */
function fails(situation: Situation): boolean | null {
  const { service, nowMs } = situation;
  const share = successes(situation);
  if (share !== null && share < 0.97) return true;
  const results = [...service.checks.values()]
    .flatMap((check) => check.results)
    .filter(({ atMs }) => nowMs - atMs <= 60_000);
  if (results.some(({ ok }) => !ok)) return true;
  return results.length === 0 && share === null ? null : false;
}

/** It wrote to somebody who had gone, while it was too slow itself: its own callers, that is. */
function isLeftByAskers(situation: Situation, { text, port }: Complaint): boolean {
  const { service, fromMs } = situation;
  if (port !== null || portsOf(service).length === 0) return false;
  if (!/broken ?pipe|\bEPIPE\b/i.test(text)) return false;
  const hung = service.ends.some(({ endedBy, atMs }) => endedBy === 'hang' && atMs >= fromMs);
  return (
    hung ||
    downChecks(service).some(isSilent) ||
    slowness(situation) !== null ||
    complaint(situation, 'pool-wait', ({ isNew }) => isNew) !== null
  );
}

const linkResets = rule('link_resets', (situation) => {
  const { service, nowMs } = situation;
  const told = complaint(situation, 'reset', ({ isNew }) => isNew);
  const ways = [...detoursOf(situation), ...reachedBy(situation)];
  const broken = ways.find((one) => one.endpoint.tcp === 'reset' || breaksOff(situation, one));
  const named = ways.find((one) => told !== null && told.port === one.endpoint.port);
  const meant = ways.find(
    (one) => one.peer !== null && told !== null && isAbout(situation, one, told),
  );
  const about = broken ?? named ?? meant;
  if ((told === null && broken === undefined) || about === undefined) return null;
  const { peer } = about;
  // One connection that ended is no pattern.
  const often = (told?.count ?? 0) >= 3;
  const waiting = waits(situation, about);
  const rather = waiting !== null && told !== null && waiting.count >= 3 * told.count;
  const died = peer?.ends.some(({ atMs }) => nowMs - atMs < 120_000) === true;
  const { well, ill } = farEnd(situation, about);
  return {
    target: service.name,
    sentence: `connections of ${service.name} to ${peer?.name ?? addressOf(about)} are broken off on the way`,
    params: linkParams(situation, about),
    for: [
      complaintClue(told, often ? 0.6 : 0.25),
      when(broken !== undefined, () =>
        clue(0.6, 'network', `${addressOf(about)} ${breaksWords(about)}`),
      ),
      ...(died || !(often || broken !== undefined) ? [] : well),
      whyClue(situation, 'link_resets'),
    ],
    against: [
      when(rather, () => clue(0.5, 'log', waiting?.text ?? '', waiting?.atMs)),
      when(broken === undefined && told !== null && isLeftByAskers(situation, told), () =>
        clue(0.8, 'log', `who asked ${service.name} gave up before its answer`, told?.atMs),
      ),
      when(told === null && fails(situation) === false, () =>
        clue(0.7, 'series', `nothing that is asked of ${service.name} fails`),
      ),
      when(died, () => clue(0.7, 'exit', `${peer?.name} itself ended a moment ago`)),
      when(peer !== null && !isAlive(peer), () =>
        clue(0.8, 'dependency', `${peer?.name} does not run`),
      ),
      ...(died ? [] : ill),
    ],
  };
});

type Hold = Readonly<{ way: string; sure: number }>;

/** The same server speaks otherwise when it is asked straight. */
function garbles(situation: Situation, { endpoint, peer }: Reached): boolean {
  const straight = peer === null ? null : directTo(situation, peer);
  const { speaks = null } = endpoint;
  const truly = straight?.speaks ?? null;
  return speaks !== null && truly !== null && speaks !== truly;
}

/** How what stands between fails: gone, or silent, or it garbles; null: it does not. */
function failureBetween(situation: Situation, one: Reached): Hold | null {
  const { endpoint } = one;
  const edge = [...situation.service.edges.values()].find(({ port }) => port === endpoint.port);
  if (endpoint.tcp === 'refused')
    return edge === undefined && endpoint.listening !== true ? null : { way: 'refuses', sure: 0.6 };
  const vanishes = complaint(
    situation,
    'connect-timeout',
    ({ port, isNew }) => isNew && port === endpoint.port,
  );
  // Who is not even connected is not held up by a proxy that lives.
  if (endpoint.tcp !== 'ok' || vanishes !== null) return null;
  if (endpoint.answers === false) return { way: 'accepts and stays silent', sure: 0.65 };
  if (garbles(situation, one)) return { way: 'passes on what its sender never said', sure: 0.7 };
  if (complaint(situation, 'garbled', ({ isNew }) => isNew) !== null)
    return { way: 'passes on what nobody understands', sure: 0.5 };
  // It answers us, and slowly: that is its fault, then.
  if (measuredSlow(situation, one) !== null) return null;
  const share = successes(situation);
  const told = waits(situation, one);
  return told?.isNew === true && share !== null && share < 0.1
    ? { way: 'lets nothing through', sure: 0.45 }
    : null;
}

/** Straight it works, through what stands between it does not. */
const proxyFault = rule('proxy_fault', (situation) => {
  const { service } = situation;
  for (const one of detoursOf(situation)) {
    const { endpoint, peer } = one;
    const hold = failureBetween(situation, one);
    if (peer === null || hold === null || isHalted(one) || !isFineDirectly(situation, peer))
      continue;
    const told = situation.complaints.findLast(
      (each) =>
        each.isNew &&
        /^(?:timeout|refused|reset|garbled|pool-wait)$/.test(each.kind) &&
        isAbout(situation, one, each),
    );
    const pid = endpoint.owner?.pid ?? null;
    const { well, ill } = farEnd(situation, one);
    const edited = editClues(situation, { change: 0.5, altered: 0.5 });
    return {
      target: service.name,
      sentence: `what stands between ${service.name} and ${peer.name} (${addressOf(one)}) ${hold.way}; ${peer.name} itself is well`,
      params: { ...linkParams(situation, one), ...(pid === null ? {} : { pid }) },
      for: [
        clue(hold.sure, 'network', `${addressOf(one)} ${hold.way}`),
        ...well,
        when(told !== undefined, () => clue(0.3, 'log', told?.text ?? '', told?.atMs)),
      ],
      against: [...ill, ...edited],
    };
  }
  return null;
});

export const linkRules: readonly DecisionRule[] = [linkLatency, linkResets, proxyFault];
