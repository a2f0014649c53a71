/**
 * Causes around the processor. CPU alone is never enough: a batch job may burn a core all day. Only
 * when somebody waits longer for it is a busy process ill.
 */
import type { ProcessExam } from '../../collect/exam.ts';
import type { ServicePicture } from '../../collect/picture.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { latest, ratio, slowAlone, slowness, usual } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { downChecks, isAlive, isSilent, ownProcesses } from '../vitals.ts';

function ownCores(situation: Situation): number {
  const seen = ownProcesses(situation.exam).reduce((sum, { cpu }) => sum + cpu, 0);
  return Math.max(seen, latest(situation, 'cpu') ?? 0);
}

/** Cores that it may use. */
function quota({ service }: Situation): number {
  return service.definition.limits.cpus ?? 1;
}

function isBusy(situation: Situation): boolean {
  const pressed = (latest(situation, 'psi_cpu', '@host') ?? 0) >= 0.25;
  const runs = ownProcesses(situation.exam).some(({ busyThreads }) => busyThreads > 0);
  const share = pressed && runs ? 0.5 : 0.8;
  return ownCores(situation) >= share * Math.min(1, quota(situation));
}

function moreRequests(situation: Situation): boolean {
  return (ratio(situation, 'requests_per_s') ?? 1) >= 1.8;
}

const hotLoop = rule('cpu_own_hot_loop', (situation) => {
  const { service } = situation;
  const slow = slowness(situation);
  if (service.kind === 'job' || slow === null || !isBusy(situation)) return null;
  const threads = ownProcesses(situation.exam).reduce((sum, one) => sum + one.busyThreads, 0);
  const cores = ownCores(situation);
  if (threads > 1 || cores >= 1.6) return null;
  const usualCpu = ratio(situation, 'cpu') ?? 3;
  return {
    target: service.name,
    sentence: `${service.name} burns a core in one thread, and its callers wait`,
    params: { cores: Math.round(cores * 100) / 100 },
    for: [
      clue(0.6, 'process', `one thread uses ${cores.toFixed(2)} cores`),
      slow,
      when(usualCpu >= 2, () => clue(0.3, 'series', `${usualCpu.toFixed(1)} times its usual CPU`)),
    ],
    against: [
      when(downChecks(service).some(isSilent), () =>
        clue(0.5, 'check', 'it gives no answer at all: its only thread is blocked'),
      ),
      when(moreRequests(situation), () => clue(0.6, 'series', 'it has more requests than usual')),
    ],
  };
});

const ownThreads = rule('cpu_own_threads', (situation) => {
  const { service } = situation;
  const slow = slowness(situation);
  if (service.kind === 'job' || slow === null) return null;
  const threads = ownProcesses(situation.exam).reduce((sum, one) => sum + one.busyThreads, 0);
  const cores = ownCores(situation);
  if (threads < 2 && cores < 1.6) return null;
  return {
    target: service.name,
    sentence: `${service.name} burns ${cores.toFixed(1)} cores in ${Math.max(2, threads)} threads, and its callers wait`,
    params: { cores: Math.round(cores * 100) / 100 },
    for: [
      clue(0.62, 'process', `${threads} busy threads, ${cores.toFixed(1)} cores`),
      slow,
      when((ratio(situation, 'cpu') ?? 3) >= 2, () =>
        clue(0.3, 'series', 'far more CPU than usual'),
      ),
    ],
    against: [
      when(moreRequests(situation), () => clue(0.6, 'series', 'it has more requests than usual')),
    ],
  };
});

type Hog = Readonly<{ service: ServicePicture | null; process: ProcessExam | null; cores: number }>;

/** Who else burns: a foreign process that a closer look met, or another service of the stack. */
function hogBeside({ picture, service, exam, exams, nowMs }: Situation): Hog | null {
  const all = [exam, ...exams.values()].flatMap((one) => one?.processes ?? []);
  const process = all.filter(({ ours }) => !ours).toSorted((a, b) => b.cpu - a.cpu)[0];
  const services = [...picture.services.values()]
    .filter((one) => one !== service)
    .map((one) => ({ service: one, cores: picture.series.last(one.name, 'cpu', nowMs) ?? 0 }))
    .toSorted((a, b) => b.cores - a.cores);
  const other = services[0];
  if (process !== undefined && process.cpu >= 0.5 && process.cpu >= (other?.cores ?? 0))
    return { service: null, process, cores: process.cpu };
  return other !== undefined && other.cores >= 0.6
    ? { service: other.service, process: null, cores: other.cores }
    : null;
}

/** Pressed now and not before: a machine that is always busy explains nothing that is new. */
function isNewlyPressed({ picture, sinceMs, nowMs }: Situation, pressure: number): boolean {
  const before = usual(picture, '@host', 'psi_cpu', { sinceMs, nowMs });
  return before === null || pressure >= before + 0.25;
}

/** Slow because the machine is, and nothing more: no refusal, no wrong answer. */
const otherTrouble =
  /^(?:refused|connect-timeout|reset|garbled|dns|auth|too-many-clients|pool-wait|lock|disk-full|read-only|config|environment|module|version|silent-peer|port-taken|heap|files)$/;

const noisyNeighbour = rule('cpu_noisy_neighbour', (situation) => {
  const { service } = situation;
  const pressure = latest(situation, 'psi_cpu', '@host') ?? 0;
  const load = latest(situation, 'load_per_core', '@host') ?? 0;
  const shown = situation.symptoms.some(({ target }) => target === '@host');
  const slow = slowness(situation);
  if ((pressure < 0.35 && load < 1.5) || (slow === null && !shown)) return null;
  if (ownCores(situation) >= 0.5 || !isAlive(service)) return null;
  const hog = hogBeside(situation);
  const stranger = hog?.process ?? null;
  const name = hog?.service?.name ?? null;
  const outside =
    stranger === null ? 'something outside the stack' : `pid ${stranger.pid} (${stranger.command})`;
  const who = name ?? outside;
  const told = situation.complaints.find(({ kind, isNew }) => isNew && otherTrouble.test(kind));
  const broken = situation.symptoms.find(({ kind }) =>
    /^(?:exit|crash-loop|stopped|spawn-failed)$/.test(kind),
  );
  return {
    target: name ?? '@host',
    sentence: `${who} takes the CPU; ${service.name} only gets what is left`,
    params: {
      ...(stranger === null ? {} : { pid: stranger.pid, command: stranger.command }),
      suffers: service.name,
    },
    for: [
      clue(
        0.45,
        'series',
        `processes wait for the CPU ${Math.round(pressure * 100)} % of the time, load ${load.toFixed(1)} a core`,
      ),
      slow,
      when(hog !== null, () => clue(0.55, 'process', `${who} uses ${hog?.cores.toFixed(1)} cores`)),
    ],
    against: [
      when(!isNewlyPressed(situation, pressure), () => clue(0.6, 'series', 'it was so before')),
      when(told !== undefined, () => clue(0.6, 'log', told?.text ?? '', told?.atMs)),
      when(broken !== undefined, () => clue(0.6, 'process', broken?.text ?? '')),
      when(slow === null, () => clue(0.3, 'check', 'nobody waits longer yet')),
      when(slowAlone(situation), () => clue(0.6, 'series', 'the others are not as slow by far')),
    ],
  };
});

export const cpuRules: readonly DecisionRule[] = [hotLoop, ownThreads, noisyNeighbour];
