/**
 * One service of the soak under supervision: its runs, its check's verdicts, an operator's restarts
 * and dips of three seconds. The verdicts are made by the real `health-state`.
 */
import type { Observation } from '@fettle/core/loop/collect/observation';
import { openCheckState, recordFinding, type CheckState } from '@fettle/core/stack/health-state';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { EndReason } from '@fettle/core/supervise/run';
import { probeMs, type Everyday } from './everyday.ts';
import { healthCheck } from './soak-stack.ts';

export type SoakService = {
  readonly service: Service;
  readonly life: Everyday;
  view: InstanceView;
  check: CheckState;
  runs: number;
  /** It serves from then on. */
  readyAtMs: number;
  /** It answers nothing until then. */
  silentUntilMs: number;
  /** It answers 503 until then: what it stands on is away. */
  brokenUntilMs: number;
  nextProbeMs: number;
};

export function openSoakService(service: Service, life: Everyday, nowMs: number): SoakService {
  const view: InstanceView = {
    instance: `${service.name}.1`,
    service: service.name,
    replica: 1,
    state: 'running',
    sinceMs: life.startedMs,
    token: `${service.name}-1`,
    pid: 1_000,
    shimPid: 999,
    startedAtMs: life.startedMs,
    startReason: 'first-start',
    ready: true,
    port: null,
    restarts: 0,
    restartsByReason: {},
    lastExit: null,
    lastToken: null,
    nextStartAtMs: null,
    waitingFor: [],
    missingOptional: [],
    spawnError: null,
    portTrouble: null,
    configHash: 'soak',
    spool: null,
    rssBytes: null,
  };
  const check = openCheckState(healthCheck);
  const times = { readyAtMs: nowMs, silentUntilMs: 0, brokenUntilMs: 0, nextProbeMs: nowMs };
  return { service, life, view, check, runs: 1, ...times };
}

/** The run ends; the next one begins at once and is ready after `startMs`. */
export function restart(
  one: SoakService,
  endedBy: EndReason | null,
  startMs: number,
  nowMs: number,
): Observation[] {
  const { view } = one;
  one.runs += 1;
  const lastToken = view.token;
  const exit = { kind: 'code', posixSignal: null, endedBy, atMs: nowMs } as const;
  one.view = {
    ...view,
    state: 'starting',
    sinceMs: nowMs,
    token: `${view.service}-${one.runs}`,
    startedAtMs: nowMs,
    startReason: endedBy === null ? 'crash' : 'operator-restart',
    ready: false,
    lastExit: { ...exit, code: endedBy === null ? 1 : 0 },
    lastToken,
  };
  one.check = openCheckState(healthCheck);
  one.readyAtMs = nowMs + startMs;
  one.life.startedMs = nowMs;
  one.life.release += endedBy === null ? 0 : 1;
  one.nextProbeMs = nowMs + 500;
  return [{ kind: 'instance', view: one.view }];
}

/** Is it in one of the moments that need a closer step of time? */
export function isBusy(one: SoakService, nowMs: number): boolean {
  return (
    nowMs < one.readyAtMs + 5_000 ||
    nowMs < one.silentUntilMs + 5_000 ||
    nowMs < one.brokenUntilMs + 5_000
  );
}

/** The probe that is due, and readiness that follows from it. */
export function probe(one: SoakService, nowMs: number): Observation[] {
  if (nowMs < one.nextProbeMs) return [];
  const { check, view } = one;
  const starting = nowMs < one.view.startedAtMs! + healthCheck.startPeriodMs && !check.everUp;
  one.nextProbeMs = nowMs + (isBusy(one, nowMs) ? 1_000 : healthCheck.intervalMs);
  const seen = answer(one, nowMs);
  const finding = { ...seen, attested: true };
  recordFinding(check, finding, nowMs, !starting);
  const observations: Observation[] = [
    {
      kind: 'checked',
      atMs: nowMs,
      service: view.service,
      instance: view.instance,
      check: healthCheck.name,
      role: healthCheck.role,
      up: check.up,
      flapping: check.flapping,
      required: true,
      ...finding,
    },
  ];
  const ready = check.up === true;
  if (check.up !== null && ready !== view.ready) {
    one.view = { ...view, ready, state: 'running' };
    observations.push({ kind: 'instance', view: one.view });
  }
  return observations;
}

function answer(one: SoakService, nowMs: number) {
  if (nowMs < one.readyAtMs)
    return { ok: false, detail: 'ECONNREFUSED', durationMs: 1, answer: 'absent' } as const;
  if (nowMs < one.silentUntilMs)
    return { ok: false, detail: 'no answer in 2s', durationMs: 2_000, answer: 'silent' } as const;
  if (nowMs < one.brokenUntilMs)
    return { ok: false, detail: 'HTTP 503', durationMs: 4, answer: 'answered' } as const;
  const durationMs = probeMs(one.life);
  return { ok: true, detail: 'HTTP 200', durationMs, answer: 'answered' } as const;
}
