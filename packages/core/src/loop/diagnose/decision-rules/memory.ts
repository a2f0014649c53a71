/** Causes that grow: memory, handles, threads; and what happens when they reach the end. */
import type { Metric } from '../../collect/metric.ts';
import { complaint, complaintClue, whyClue, recentEnds } from '../asking.ts';
import { clue, when, type Clue } from '../clue.ts';
import { complaintsOf } from '../complaint.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { growth, latest, type Growth } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { dependantsOf } from '../neighbours.ts';
import { ownProcesses } from '../vitals.ts';
import { howLong } from '../words.ts';

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** Steady growth of a good part of what it was. */
function steady(situation: Situation, metric: Metric, share: number): Growth | null {
  const found = growth(situation, metric);
  return found !== null && found.r2 >= 0.75 && found.to - found.from >= share * found.from
    ? found
    : null;
}

function foretold({ symptoms, service }: Situation, metric: string): Clue | null {
  const shown = symptoms.find(
    ({ kind, key, target }) =>
      target === service.name && /^(?:forecast|trend)$/.test(kind) && key.includes(metric),
  );
  return shown === undefined ? null : clue(0.45, 'series', shown.text, shown.sinceMs);
}

/** Do its requests grow by a good part of what its memory grows by? Any traffic drifts a little. */
function isBusier({ picture, service, nowMs }: Situation, grows: Growth): boolean {
  const sinceMs = nowMs - grows.spanMs;
  const requests = picture.series.slope(service.name, 'requests_per_s', sinceMs);
  const mean = picture.series.mean(service.name, 'requests_per_s', sinceMs);
  if (requests === null || mean === null || requests.r2 < 0.7) return false;
  const risen = (requests.perS * grows.spanMs) / 1_000 / Math.max(mean, 0.01);
  return risen >= 0.5 * Math.min(1, (grows.to - grows.from) / grows.from);
}

const memLeak = rule('mem_leak', (situation) => {
  const { service } = situation;
  const grows = steady(situation, 'rss_bytes', 0.25);
  if (grows === null || grows.to - grows.from < 10_000_000) return null;
  const limit = service.definition.limits.memoryBytes;
  const leftS = limit === null ? null : (limit - grows.to) / grows.perS;
  const soon = leftS !== null && leftS < 7_200;
  const shown = situation.symptoms.some(
    ({ kind, key, target }) =>
      target === service.name && kind !== 'anomaly' && key.includes('rss_bytes'),
  );
  const busier = isBusier(situation, grows);
  return {
    target: service.name,
    sentence:
      leftS === null
        ? `${service.name} leaks memory: from ${megabytes(grows.from)} to ${megabytes(grows.to)} in ${howLong(grows.spanMs)}`
        : `${service.name} leaks memory: ${megabytes(grows.to)} now, at its limit in ${howLong(Math.max(0, leftS) * 1_000)}`,
    params: {
      bytesPerS: Math.round(grows.perS),
      ...(leftS === null ? {} : { leftS: Math.round(leftS) }),
    },
    for: [
      clue(
        grows.r2 >= 0.9 ? 0.72 : 0.6,
        'series',
        `${megabytes(grows.from)} to ${megabytes(grows.to)} in ${howLong(grows.spanMs)}, and its lows rise (r2 ${grows.r2.toFixed(2)})`,
      ),
      when(soon, () =>
        clue(0.4, 'series', `reaches ${megabytes(limit ?? 0)} in ${howLong((leftS ?? 0) * 1_000)}`),
      ),
      foretold(situation, 'rss'),
    ],
    against: [
      when(busier, () => clue(0.4, 'series', 'its requests rise in step')),
      when(!shown && !soon, () => clue(0.35, 'series', 'no limit is near, and it may level off')),
    ],
  };
});

const oomKilled = rule('oom_killed', (situation) => {
  const { service } = situation;
  const end = recentEnds(situation).findLast(
    ({ posixSignal, code, endedBy }) =>
      endedBy === 'memory-limit' || posixSignal === 'SIGKILL' || code === 137,
  );
  const why = whyClue(situation, 'oom_killed');
  if (end === undefined && why === null) return null;
  const limit = service.definition.limits.memoryBytes;
  const points =
    end === undefined
      ? []
      : situation.picture.series
          .points(service.name, 'rss_bytes', end.atMs - Math.min(60_000, end.ranMs ?? 60_000))
          .filter(({ atMs }) => atMs <= end.atMs);
  const peak = Math.max(0, ...points.map(({ value }) => value));
  const full = limit !== null && peak >= 0.85 * limit;
  const pressed = (latest(situation, 'psi_memory', '@host') ?? 0) >= 0.3;
  const told = complaint(situation, 'oom-kill');
  if (end?.endedBy !== 'memory-limit' && why === null && !full && !pressed && told === null)
    return null;
  return {
    target: service.name,
    sentence: `${service.name} was killed for its memory${peak > 0 ? ` at ${megabytes(peak)}` : ''}`,
    params: limit === null ? {} : { limitBytes: limit },
    for: [
      when(end?.endedBy === 'memory-limit', () =>
        clue(0.9, 'exit', 'ended at its memory limit', end?.atMs),
      ),
      why,
      when(end !== undefined && end.endedBy === null, () =>
        clue(0.35, 'exit', 'ended by SIGKILL', end?.atMs),
      ),
      when(full, () =>
        clue(0.6, 'series', `${megabytes(peak)} of ${megabytes(limit ?? 0)} just before`),
      ),
      when(pressed, () => clue(0.4, 'series', 'the machine was short of memory')),
      complaintClue(told, 0.6),
    ],
  };
});

const heapExhausted = rule('heap_exhausted', (situation) => {
  const told = complaint(
    situation,
    'heap',
    ({ text }) => !/oom[-_ ]?kill|Killed process/i.test(text),
  );
  const why = whyClue(situation, 'heap_exhausted');
  if (told === null && why === null) return null;
  const ended = recentEnds(situation).at(-1);
  return {
    target: situation.service.name,
    sentence: `${situation.service.name} ran out of its own heap`,
    for: [
      complaintClue(told, 0.75),
      why,
      when(ended !== undefined, () =>
        clue(0.2, 'exit', `ended with ${ended?.posixSignal ?? ended?.code}`, ended?.atMs),
      ),
      foretold(situation, 'rss'),
    ],
  };
});

const fdLeak = rule('fd_leak', (situation) => {
  const { service, exam } = situation;
  const fullest = ownProcesses(exam)
    .map(({ fds, fdLimit, pid }) => ({
      pid,
      fds: fds ?? 0,
      share: (fds ?? 0) / (fdLimit ?? Infinity),
    }))
    .toSorted((a, b) => b.share - a.share)[0];
  const near = fullest !== undefined && fullest.share >= 0.85;
  const limit = service.definition.limits.openFiles;
  const now = latest(situation, 'fds');
  const atLimit = limit !== null && now !== null && now >= 0.85 * limit;
  const grows = steady(situation, 'fds', 0.5);
  const told = complaint(situation, 'files');
  const why = whyClue(situation, 'fd_leak');
  const seen = foretold(situation, 'fds');
  const grown = grows !== null && grows.to - grows.from >= 25;
  const wires =
    (growth(situation, 'connections_in') ?? growth(situation, 'connections_out')) !== null;
  if (!near && !atLimit && told === null && why === null && !grown && seen === null) return null;
  const sentence =
    grows === null
      ? 'uses up its file handles'
      : `leaks file handles: ${Math.round(grows.from)} to ${Math.round(grows.to)}`;
  return {
    target: service.name,
    sentence: `${service.name} ${sentence}`,
    params: fullest === undefined ? {} : { pid: fullest.pid, fds: fullest.fds },
    for: [
      when(near || atLimit, () =>
        clue(0.65, 'process', `${fullest?.fds ?? now} handles, close to its limit`),
      ),
      when(grows !== null, () =>
        clue(
          0.6,
          'series',
          `${Math.round(grows?.from ?? 0)} to ${Math.round(grows?.to ?? 0)} handles in ${howLong(grows?.spanMs ?? 0)}`,
        ),
      ),
      complaintClue(told, 0.7),
      why,
      seen,
    ],
    against: [
      when(!near && !atLimit && told === null && wires, () =>
        clue(0.5, 'series', 'its connections grow with them'),
      ),
      when(!near && !atLimit && told === null && seen === null, () =>
        clue(0.35, 'series', 'the limit is far'),
      ),
      // Who waits for its answers dials again: the handles of a database are its clients'.
      when(service.kind === 'database' && told === null, () =>
        clue(0.7, 'network', 'its handles are connections of its clients'),
      ),
      crowded(situation),
    ],
  };
});

/** Its callers are turned away for their number: its handles are somebody's connections. */
function crowded({ picture, service, sinceMs, settled, nowMs }: Situation): Clue | null {
  for (const name of dependantsOf(picture, service.name)) {
    const caller = picture.services.get(name);
    if (caller === undefined) continue;
    const fromMs = Math.max(sinceMs - 60_000, settled.get(name) ?? 0);
    const told = complaintsOf(caller, fromMs, nowMs).find(
      ({ kind, isNew }) => kind === 'too-many-clients' && isNew,
    );
    if (told !== undefined) return clue(0.7, 'log', told.text, told.atMs);
  }
  return null;
}

const threadLeak = rule('thread_leak', (situation) => {
  const { service } = situation;
  const grows = steady(situation, 'threads', 0.3);
  const told = complaint(situation, 'threads');
  const why = whyClue(situation, 'thread_leak');
  const now =
    latest(situation, 'threads') ??
    ownProcesses(situation.exam).reduce((sum, one) => sum + one.threads, 0);
  const limit = service.definition.limits.processes;
  const near = limit !== null && now >= 0.85 * limit;
  const grown = grows !== null && grows.to - grows.from >= 25;
  if (told === null && why === null && !near && !grown) return null;
  return {
    target: service.name,
    sentence: `${service.name} starts threads that never end: ${Math.round(now)} now`,
    params: { threads: Math.round(now) },
    for: [
      when(grows !== null, () =>
        clue(
          0.68,
          'series',
          `${Math.round(grows?.from ?? 0)} to ${Math.round(grows?.to ?? 0)} threads in ${howLong(grows?.spanMs ?? 0)}`,
        ),
      ),
      when(near, () => clue(0.5, 'process', `${Math.round(now)} of ${limit} allowed`)),
      when(now >= 300, () => clue(0.3, 'process', `${Math.round(now)} threads`)),
      complaintClue(told, 0.65),
      why,
      foretold(situation, 'threads'),
    ],
  };
});

export const memoryRules: readonly DecisionRule[] = [
  memLeak,
  oomKilled,
  heapExhausted,
  fdLeak,
  threadLeak,
];
