/**
 * Causes of a process that is there and does nothing: halted, hung, deadlocked, busy with itself.
 *
 * What the CPU does tells them apart: a halted one is in state T, a deadlocked one waits for a lock
 * and uses nothing, a blocked event loop burns exactly one core, and all the rest is a hang.
 */
import { complaint, complaintClue, whyClue } from '../asking.ts';
import { clue, when, type Clue } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { latest, ratio } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { linksOf } from '../neighbours.ts';
import {
  downChecks,
  isAlive,
  isDown,
  isHeartbeat,
  isSilent,
  ownProcesses,
  stoppedPid,
} from '../vitals.ts';
import { howLong } from '../words.ts';

const stopped = rule('stopped', (situation) => {
  const { service, exam, symptoms } = situation;
  if (service.kind === 'database') return null;
  const pid = stoppedPid(service, exam);
  const shown = symptoms.find(({ kind, target }) => kind === 'stopped' && target === service.name);
  if (pid === null)
    return {
      target: service.name,
      sentence: `${service.name} was halted by a signal, and has been continued`,
      for: [
        when(shown !== undefined, () => clue(0.7, 'process', shown?.text ?? '', shown?.sinceMs)),
        whyClue(situation, 'stopped'),
      ],
    };
  return {
    target: service.name,
    sentence: `${service.name} is halted (state T, pid ${pid}): somebody sent it SIGSTOP`,
    params: { pid },
    for: [
      clue(0.94, 'process', `pid ${pid} is in state T`),
      when(shown !== undefined, () => clue(0.5, 'process', 'seen halted more than once')),
    ],
  };
});

/** Alive, not halted, and a check gets no answer. The clue, or null. */
function silence({ service, exam, fromMs, nowMs }: Situation): Clue | null {
  if (!isAlive(service) || stoppedPid(service, exam) !== null) return null;
  const silent = downChecks(service).find(isSilent);
  if (silent !== undefined) {
    const forMs = silent.last.atMs - (silent.downSinceMs ?? silent.last.atMs);
    return clue(0.55, 'check', `no answer for ${howLong(forMs)}: ${silent.last.detail}`);
  }
  const ended = service.ends.findLast(({ atMs }) => atMs >= fromMs && nowMs - atMs < 120_000);
  return ended?.endedBy === 'hang'
    ? clue(0.5, 'exit', 'was ended because it gave no answer', ended.atMs)
    : null;
}

/** What it did when it was ended for its silence: cores that one process burnt; null: none. */
function spunAtEnd({ service, fromMs }: Situation): number | null {
  const said = [
    ...service.whys.map(({ why }) => why),
    ...(service.why === null ? [] : [service.why]),
  ];
  const seen = said
    .flatMap(({ evidence }) => evidence)
    .findLast(({ kind, atMs }) => kind === 'process' && atMs !== null && atMs >= fromMs);
  const percent = /^busy loop: (\d+) % of a core/.exec(seen?.text ?? '')?.[1];
  return percent === undefined ? null : Number(percent) / 100;
}

/** Cores that its processes use: by a closer look, else by the figures. */
function cores(situation: Situation): number | null {
  const spun = spunAtEnd(situation);
  if (spun !== null) return spun;
  const own = ownProcesses(situation.exam);
  if (own.length > 0) return own.reduce((sum, { cpu }) => sum + cpu, 0);
  return latest(situation, 'cpu');
}

/** On a pressed machine a thread that never waits still gets only its share of a core. */
function fullCore(situation: Situation): number {
  const pressure = latest(situation, 'psi_cpu', '@host') ?? 0;
  const runs = ownProcesses(situation.exam).some(({ state }) => state === 'R');
  if (pressure < 0.25 || !runs) return 0.7;
  // It asks for a core and gets a small share, many times what it usually takes.
  return pressure >= 0.5 && (ratio(situation, 'cpu') ?? 1) >= 4 ? 0.15 : 0.35;
}

function busyThreads({ exam }: Situation): number | null {
  const own = ownProcesses(exam);
  return own.length === 0 ? null : own.reduce((sum, one) => sum + one.busyThreads, 0);
}

/** What it needs is ill: then it may merely be waiting. */
const waiting = /^(?:timeout|connect-timeout|pool-wait)$/;

function waitsForOthers({ picture, service, exam, complaints }: Situation): Clue | null {
  const ill = linksOf(picture, service.name)
    .filter(({ strength }) => strength !== 'observed')
    .find(({ to }) => {
      const other = picture.services.get(to);
      return other !== undefined && (isDown(other) || stoppedPid(other, other.exam) !== null);
    });
  if (ill !== undefined) return clue(0.5, 'dependency', `${ill.to}, which it needs, is not well`);
  const asked = exam?.endpoints.find(
    ({ peer, tcp, answers }) => peer !== null && (tcp === 'timeout' || answers === false),
  );
  if (asked !== undefined)
    return clue(0.45, 'network', `${asked.peer ?? ''} gives no answer to it`);
  const told = complaints.findLast(
    ({ kind, isNew, isOver, count }) => isNew && !isOver && count >= 2 && waiting.test(kind),
  );
  return told === undefined ? null : clue(0.5, 'log', told.text, told.atMs);
}

const lockWait = /futex|semtimedop|rwsem|mutex|__lll_lock|down_/;
const sleeps = /nanosleep|wait4|do_wait|pipe_read|hrtimer/;

const hang = rule('hang', (situation) => {
  const { service, exam, symptoms } = situation;
  const silent = silence(situation);
  if (silent === null || service.kind === 'database' || service.kind === 'worker') return null;
  const busy = cores(situation) ?? 0;
  const open = exam?.ports.some(({ owner }) => owner?.kind === 'ours') === true;
  return {
    target: service.name,
    sentence: `${service.name} runs${open ? ' and listens' : ''}, but no longer answers`,
    for: [
      silent,
      when(
        symptoms.some(({ kind, target }) => kind === 'hang' && target === service.name),
        () => clue(0.5, 'check', 'liveness is down while the process lives'),
      ),
      when(open, () => clue(0.3, 'port', 'its port is open')),
      when(busy < 0.2, () => clue(0.2, 'process', 'it hardly uses the CPU')),
      whyClue(situation, 'hang'),
    ],
    against: [
      when(busy >= fullCore(situation), () =>
        clue(0.25, 'process', `it uses ${busy.toFixed(1)} cores`),
      ),
      waitsForOthers(situation),
    ],
  };
});

const deadlock = rule('deadlock', (situation) => {
  const { service, exam } = situation;
  const silent = silence(situation);
  const told = complaint(situation, 'deadlock');
  if ((silent === null && told === null) || service.kind === 'database') return null;
  const waiting = ownProcesses(exam).find(
    ({ waitsIn, threads }) => threads > 1 && waitsIn !== null && lockWait.test(waitsIn),
  );
  if (waiting === undefined && told === null) return null;
  const busy = cores(situation) ?? 0;
  return {
    target: service.name,
    sentence: `${service.name} is deadlocked: its threads wait for each other and use no CPU`,
    for: [
      silent,
      when(waiting !== undefined, () =>
        clue(0.6, 'process', `pid ${waiting?.pid} waits in ${waiting?.waitsIn}`),
      ),
      complaintClue(told, 0.7),
    ],
    against: [
      when(busy >= 0.1, () => clue(0.7, 'process', `it uses ${busy.toFixed(1)} cores`)),
      waitsForOthers(situation),
    ],
  };
});

const eventLoopBlock = rule('event_loop_block', (situation) => {
  const { service } = situation;
  const silent = silence(situation);
  const told = complaint(situation, 'event-loop');
  const spent = complaint(situation, 'files');
  if (silent === null && told === null) return null;
  const busy = cores(situation);
  const threads = busyThreads(situation);
  // A worker sleeps between two rounds; who answers requests should not.
  const asked = service.kind !== 'worker' && downChecks(service).some(isSilent);
  const asleep = asked
    ? ownProcesses(situation.exam).find(({ waitsIn }) => sleeps.test(waitsIn ?? ''))
    : undefined;
  const spun = spunAtEnd(situation) !== null;
  const full = busy !== null && busy >= fullCore(situation) && busy < 1.6 && (threads ?? 1) <= 1;
  const oneCore = spun || full;
  if (!oneCore && asleep === undefined && told === null) return null;
  return {
    target: service.name,
    sentence: oneCore
      ? `${service.name} is busy in one thread that lets nothing else run: it answers nobody`
      : `the main thread of ${service.name} waits for something and answers nobody`,
    for: [
      silent,
      when(oneCore, () =>
        clue(0.75, 'process', `one thread burns ${(busy ?? 0).toFixed(1)} cores`),
      ),
      when(asleep !== undefined, () =>
        clue(0.5, 'process', `its main thread waits in ${asleep?.waitsIn}`),
      ),
      complaintClue(told, 0.55),
    ],
    against: [
      when(silent === null, () => clue(0.3, 'check', 'its checks still get answers')),
      // Who cannot accept tries again at once: it spins for want of a handle.
      when(spent?.isNew === true, () => clue(0.5, 'log', spent?.text ?? '', spent?.atMs)),
      when(!oneCore && (busy ?? 0) < 0.1 && told !== null, () =>
        clue(0.3, 'process', 'it hardly uses the CPU'),
      ),
    ],
  };
});

const outward = /^(?:refused|timeout|connect-timeout|reset|dns|auth|too-many-clients|pool-wait)$/;

const workerStuck = rule('worker_stuck', (situation) => {
  const { service, exam, symptoms, fromMs, nowMs } = situation;
  const late = downChecks(service).find(isHeartbeat);
  const silenced = symptoms.find(({ kind }) => kind === 'template-vanished');
  const isWorker = service.kind === 'worker' || (service.kind === 'job' && late !== undefined);
  if (!isAlive(service) || stoppedPid(service, exam) !== null) return null;
  const ended = service.ends.findLast(({ atMs }) => atMs >= fromMs && nowMs - atMs < 120_000);
  const hung = isWorker && ended?.endedBy === 'hang';
  if (late === undefined && !hung && !(isWorker && silenced !== undefined)) return null;
  const busy = cores(situation) ?? 0;
  // It says itself what keeps it from working.
  const away = situation.complaints.find(({ kind, isNew }) => isNew && outward.test(kind));
  return {
    target: service.name,
    sentence: `${service.name} lives and does no work: ${late?.last.detail ?? 'its log went silent'}`,
    for: [
      when(late !== undefined, () =>
        clue(0.7, 'check', late?.last.detail ?? '', late?.downSinceMs),
      ),
      when(silenced !== undefined, () => clue(0.45, 'template', silenced?.text ?? '')),
      when(hung, () =>
        clue(0.65, 'exit', 'was ended because its heartbeat stayed away', ended?.atMs),
      ),
      when(isWorker, () => clue(0.3, 'process', 'a worker whose process is alive')),
      when(busy < 0.1, () => clue(0.15, 'process', 'it hardly uses the CPU')),
      whyClue(situation, 'worker_stuck'),
    ],
    against: [
      waitsForOthers(situation),
      when(away !== undefined, () => clue(0.6, 'log', away?.text ?? '', away?.atMs)),
    ],
  };
});

const zombies = rule('zombies', (situation) => {
  const { service, symptoms } = situation;
  const now = [...service.instances.values()].reduce((sum, one) => sum + one.zombies, 0);
  const count = Math.max(now, latest(situation, 'zombies') ?? 0);
  const shown = symptoms.find(({ kind, target }) => kind === 'zombies' && target === service.name);
  if (count < 3 && shown === undefined) return null;
  return {
    target: service.name,
    sentence: `${service.name} does not collect its dead children: ${count} of them are left`,
    params: { count },
    for: [
      clue(count >= 10 ? 0.85 : 0.65, 'process', `${count} children in state Z`),
      when(shown !== undefined, () => clue(0.5, 'process', shown?.text ?? '')),
    ],
  };
});

export const standsStillRules: readonly DecisionRule[] = [
  stopped,
  hang,
  deadlock,
  eventLoopBlock,
  workerStuck,
  zombies,
];
