/** Causes between services: a listener is there and cannot be reached, or only badly. */
import { complaint, complaintClue, editClues, whyClue } from '../asking.ts';
import { directTo, isFineDirectly } from '../address-book.ts';
import { clue, when, type Clue } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { latest, ratio, slowness } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { addressOf, isAbout, linkParams, reachedBy, type Reached } from '../reached.ts';
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
    const told = complaint(situation, 'refused', (each) => isAbout(one, each));
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

const blackhole = rule('net_blackhole', (situation) => {
  for (const one of reachedBy(situation)) {
    if (one.endpoint.tcp !== 'timeout' && one.endpoint.tcp !== 'unreachable') continue;
    const listener = listens(one, situation);
    const told =
      complaint(situation, 'connect-timeout', (each) => isAbout(one, each)) ??
      complaint(situation, 'timeout', (each) => isAbout(one, each));
    const edge = [...situation.service.edges.values()].find(
      ({ port }) => port === one.endpoint.port,
    );
    const runs = one.peer !== null && isAlive(one.peer);
    if (listener === null && !runs && told === null) continue;
    return {
      target: situation.service.name,
      sentence: `connections of ${situation.service.name} to ${one.peer?.name ?? addressOf(one)} vanish: no answer, no refusal`,
      params: linkParams(situation, one),
      for: [
        clue(0.5, 'network', `no connection to ${addressOf(one)} within a second`),
        listener,
        when(listener === null && runs, () => clue(0.3, 'process', `${one.peer?.name} runs`)),
        when((edge?.synSent ?? 0) > 0, () =>
          clue(0.3, 'network', `${edge?.synSent} connections wait for their first answer`),
        ),
        complaintClue(told, 0.35),
      ],
      against: [
        when(isHalted(one), () => clue(0.8, 'process', `${one.peer?.name} is in state T`)),
        when(one.peer !== null && !runs, () =>
          clue(0.5, 'dependency', `${one.peer?.name} does not run`),
        ),
      ],
    };
  }
  return null;
});

/** The way that the caller takes, beside the straight one, and how they compare. */
type Detour = Readonly<{ used: Reached; fine: boolean }>;

function detours(situation: Situation): readonly Detour[] {
  return reachedBy(situation)
    .filter(({ peer, direct }) => peer !== null && !direct)
    .map((used) => ({ used, fine: isFineDirectly(situation, used.peer!) }));
}

const linkLatency = rule('link_latency', (situation) => {
  const { service, picture } = situation;
  const told = complaint(situation, 'timeout') ?? complaint(situation, 'slow');
  for (const one of reachedBy(situation)) {
    const { endpoint, peer, direct } = one;
    if (peer === null || endpoint.tcp !== 'ok' || isHalted(one)) continue;
    const tookMs = Math.max(endpoint.connectMs ?? 0, endpoint.answerMs ?? 0);
    const straight = direct ? null : directTo(situation, peer);
    const straightMs = Math.max(straight?.connectMs ?? 0, straight?.answerMs ?? 0);
    const calm =
      (ratio(situation, 'probe_ms', peer.name) ?? 1) < 2 && picture.services.has(peer.name);
    const slowLink =
      tookMs >= 100 && (straight === null ? calm : tookMs >= 4 * Math.max(straightMs, 5));
    const muteLink = !direct && endpoint.answers === false;
    if (!slowLink || muteLink) continue;
    return {
      target: service.name,
      sentence: `the way from ${service.name} to ${peer.name} is slow (${Math.round(tookMs)} ms); ${peer.name} itself is not`,
      params: linkParams(situation, one),
      for: [
        clue(0.55, 'network', `${addressOf(one)} takes ${Math.round(tookMs)} ms`),
        when(straight !== null && straight !== endpoint, () =>
          clue(0.5, 'network', `straight to ${peer.name} it takes ${Math.round(straightMs)} ms`),
        ),
        when(calm, () => clue(0.3, 'series', `the checks of ${peer.name} are as quick as ever`)),
        complaintClue(told, 0.35),
        slowness(situation),
      ],
      against: [
        when((latest(situation, 'psi_cpu', '@host') ?? 0) >= 0.4, () =>
          clue(0.5, 'process', 'the whole machine waits for the CPU'),
        ),
      ],
    };
  }
  return null;
});

const linkResets = rule('link_resets', (situation) => {
  const { service, nowMs } = situation;
  const told = complaint(situation, 'reset', ({ isNew }) => isNew);
  const reached = reachedBy(situation);
  const broken = reached.find(({ endpoint }) => endpoint.tcp === 'reset');
  const about =
    broken ?? reached.find((one) => one.peer !== null && told !== null && isAbout(one, told));
  const peer = about?.peer ?? null;
  if ((told === null && broken === undefined) || about === undefined) return null;
  const died = peer?.ends.some(({ atMs }) => nowMs - atMs < 120_000) === true;
  const fine = peer !== null && isFineDirectly(situation, peer);
  return {
    target: service.name,
    sentence: `connections of ${service.name} to ${peer?.name ?? addressOf(about)} are broken off on the way`,
    params: linkParams(situation, about),
    for: [
      complaintClue(told, (told?.count ?? 0) >= 3 ? 0.6 : 0.45),
      when(broken !== undefined, () => clue(0.55, 'network', `${addressOf(about)} resets`)),
      when(fine && !died, () =>
        clue(0.4, 'dependency', `${peer?.name} runs and is fine when asked straight`),
      ),
      whyClue(situation, 'link_resets'),
    ],
    against: [
      when(died, () => clue(0.7, 'exit', `${peer?.name} itself ended a moment ago`)),
      when(peer !== null && !isAlive(peer), () =>
        clue(0.8, 'dependency', `${peer?.name} does not run`),
      ),
      when(peer !== null && !fine && isAlive(peer), () =>
        clue(0.3, 'dependency', `${peer?.name} is not fine either`),
      ),
    ],
  };
});

/** Straight it works, through what stands between it does not. */
const proxyFault = rule('proxy_fault', (situation) => {
  const { service } = situation;
  for (const { used, fine } of detours(situation)) {
    const { endpoint, peer } = used;
    const dead = endpoint.tcp === 'refused' || endpoint.tcp === 'timeout';
    const mute = endpoint.tcp === 'ok' && endpoint.answers === false;
    const edge = [...service.edges.values()].find(({ port }) => port === endpoint.port);
    const before = edge !== undefined || endpoint.listening === true || endpoint.owner !== null;
    if (!fine || (!dead && !mute) || !before) continue;
    const told = situation.complaints.findLast(
      ({ kind, isNew, port }) =>
        isNew &&
        /^(?:timeout|connect-timeout|refused|reset)$/.test(kind) &&
        (port === null || port === endpoint.port),
    );
    const pid = endpoint.owner?.pid ?? null;
    const edited = editClues(situation, { change: 0.5, altered: 0.5 }).find(
      (each) => each !== null,
    );
    return {
      target: service.name,
      sentence: `what stands between ${service.name} and ${peer?.name} (${addressOf(used)}) fails; ${peer?.name} itself is well`,
      params: {
        ...linkParams(situation, used),
        ...(pid === null ? {} : { pid }),
      },
      for: [
        clue(
          0.6,
          'network',
          `${addressOf(used)} ${mute ? 'accepts and stays silent' : endpoint.tcp}`,
        ),
        clue(0.5, 'network', `${peer?.name} is fine when asked straight`),
        when(told !== undefined, () => clue(0.3, 'log', told?.text ?? '', told?.atMs)),
      ],
      against: [edited ?? null],
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

export const networkRules: readonly DecisionRule[] = [
  refusedByPolicy,
  blackhole,
  linkLatency,
  linkResets,
  proxyFault,
  dnsFailure,
];
