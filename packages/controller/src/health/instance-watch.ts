/**
 * Everything that runs while one run is watched: its probes, their loops, what they remember.
 * Opened when a run is seen, closed when it is gone.
 */
import { open } from 'node:fs/promises';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { CheckState, Finding } from '@fettle/core/stack/health-state';
import { phaseOf, probeGapMs } from '@fettle/core/stack/probe-schedule';
import type { Service } from '@fettle/core/stack/service';
import type { WatchedRun } from '@fettle/core/stack/watched-run';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { openProbe, probeAddress } from '../probes/all.ts';
import type { Address, OpenProbe, Place, Seen } from '../probes/probe.ts';
import { attestFinding } from './attest-finding.ts';
import { runCheckLoop, type CheckLoop } from './check-loop.ts';
import { sampleRun, type HangSample } from './hang-sample.ts';
import type { ProbeSlots } from './probe-slots.ts';
import { placeOf } from './run-place.ts';

export type InstanceWatch = Readonly<{
  service: Service;
  token: string | null;
  /** Taken when a check first failed in a row; null: none fails. */
  sample(): HangSample | null;
  /** Probe all checks now, and often for a while. */
  hasten(): void;
  lines(lines: readonly string[]): void;
  /** true: a heartbeat of that id is here. */
  ping(id: string, kind: 'ok' | 'start' | 'fail' | 'log' | number, body: string): boolean;
  stop(): void;
}>;

export type WatchOptions = Readonly<{
  service: Service;
  run: WatchedRun;
  view: () => InstanceView | null;
  slots: ProbeSlots;
  /** It was up when we came: its checks begin each at their own phase, not all at once. */
  spread: boolean;
  onFinding: (check: HealthCheck, finding: Finding, beganMs: number) => void;
}>;

const hastenedForMs = 5_000;
/** Of a spool that was begun before we listened: so much of its head and of its tail. */
const replayBytes = 262_144;

export function watchInstance(options: WatchOptions): InstanceWatch {
  const { service, run, view } = options;
  const place = placeOf(service, view);
  const shared = { sample: null as HangSample | null, hastenedUntilMs: 0 };
  const checks = run.checks.map((state) => watchCheck(options, place, state, shared));
  const readers = checks.filter(({ probe }) => probe.lines !== undefined);
  const queue = readers.length === 0 ? null : replayThenFollow(view()?.spool ?? null, readers);
  return {
    service,
    token: run.token,
    sample: () => shared.sample,
    hasten() {
      shared.hastenedUntilMs = performance.now() + hastenedForMs;
      for (const { loop } of checks) loop.wake();
    },
    lines: (lines) => queue?.(lines),
    ping(id, kind, body) {
      let found = false;
      for (const { state, probe } of checks) {
        if (state.check.probe.kind !== 'heartbeat' || state.check.probe.id !== id) continue;
        probe.ping?.(kind, body);
        found = true;
      }
      return found;
    },
    stop() {
      for (const { loop } of checks) loop.stop();
    },
  };
}

type Shared = { sample: HangSample | null; hastenedUntilMs: number };
type CheckWatch = Readonly<{ state: CheckState; probe: OpenProbe; loop: CheckLoop }>;

function watchCheck(
  { run, view, slots, spread, onFinding }: WatchOptions,
  place: Place,
  state: CheckState,
  shared: Shared,
): CheckWatch {
  const { check } = state;
  const id = `${run.instance}/${check.name}`;
  const wake = (): void => loop.wake();
  const probe = openOrExplain(check, place, wake);
  const address = check.attest ? addressOrNull(check, place) : null;
  let count = 0;
  const loop = runCheckLoop({
    probe,
    timeoutMs: check.timeoutMs,
    slots,
    firstInMs: spread ? check.intervalMs * phaseOf(id) : 0,
    attest: attester(address, view),
    onFinding(finding, beganMs) {
      const firstUp = !state.everUp;
      count += 1;
      onFinding(check, finding, beganMs);
      noteSample(run, view(), finding, shared);
      const settling = firstUp && state.everUp;
      const hastened = performance.now() < shared.hastenedUntilMs && state.okInRow < check.upAfter;
      return probeGapMs(id, state, { count, settling, hastened });
    },
  });
  return { state, probe, loop };
}

/** An answer that was ours and came twice more is looked at again. */
const believedAnswers = 2;

/**
 * Who answered is looked up for each new run, after each failure, and for every third success:
 * reading the socket table costs more than the probe. (A port that somebody takes over is also
 * found by the supervisor, within ten seconds.)
 */
function attester(
  address: Address | null,
  view: () => InstanceView | null,
): (seen: Seen, durationMs: number) => Finding {
  let token: string | null = null;
  let believed = 0;
  return (seen, durationMs) => {
    const now = view();
    if (seen.ok && now !== null && now.token === token && believed > 0) {
      believed -= 1;
      return { ...seen, durationMs, attested: true };
    }
    const finding = attestFinding({ seen, durationMs, address, view: now });
    const isOurs = finding.ok && finding.attested === true;
    token = isOurs ? (now?.token ?? null) : null;
    believed = isOurs ? believedAnswers : 0;
    return finding;
  };
}

/** The first failure of a row is the moment from which CPU use is measured, should it be a hang. */
function noteSample(
  run: WatchedRun,
  view: InstanceView | null,
  finding: Finding,
  shared: Shared,
): void {
  if (finding.ok) {
    if (!run.checks.some(({ deadInRow }) => deadInRow > 0)) shared.sample = null;
  } else if (shared.sample === null && view !== null && run.checks.some((s) => s.deadInRow === 1))
    shared.sample = sampleRun(view);
}

/** A check that cannot work as written fails with the reason, and the others go on. */
function openOrExplain(check: HealthCheck, place: Place, wake: () => void): OpenProbe {
  try {
    return openProbe(check.probe, place, wake);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const seen = { ok: false, detail, answer: 'answered' } as const;
    return { run: () => Promise.resolve(seen), close() {} };
  }
}

function addressOrNull(check: HealthCheck, place: Place): Address | null {
  return probeAddress(check.probe, place);
}

/** Lines heard while the old ones are read wait, so that the probe sees them in order. */
function replayThenFollow(
  spool: string | null,
  readers: readonly CheckWatch[],
): (lines: readonly string[]) => void {
  let waiting: string[] | null = [];
  const feed = (lines: readonly string[]): void => {
    for (const { probe } of readers) probe.lines?.(lines);
  };
  const replay = spool === null ? Promise.resolve([]) : readEnds(spool);
  void replay.then((lines) => {
    feed(lines);
    feed(waiting ?? []);
    waiting = null;
  });
  return (lines) => {
    if (waiting === null) feed(lines);
    else if (waiting.length < 10_000) waiting.push(...lines);
  };
}

async function readEnds(path: string): Promise<readonly string[]> {
  let file;
  try {
    file = await open(path, 'r');
  } catch {
    // No spool yet: nothing was said before we listened.
    return [];
  }
  try {
    const { size } = await file.stat();
    const head = await readRange(file, 0, Math.min(size, replayBytes));
    const tailFrom = Math.max(replayBytes, size - replayBytes);
    const tail = tailFrom < size ? await readRange(file, tailFrom, size) : '';
    return `${head}\n${tail}`.split('\n');
  } finally {
    await file.close();
  }
}

async function readRange(
  file: Awaited<ReturnType<typeof open>>,
  from: number,
  to: number,
): Promise<string> {
  const buffer = Buffer.alloc(to - from);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.toString('utf8', 0, bytesRead);
}
