/**
 * For tests: a day in the life of a small stack through the real driver and the real recorder. One
 * service stops answering, is examined, and restarted by the shipped runbook; secrets stand in its
 * environment, its command and its log.
 */
import type { ServiceExam } from '@fettle/core/loop/collect/exam';
import type { Observation } from '@fettle/core/loop/collect/observation';
import type { LoopEvent } from '@fettle/core/loop-event';
import { openLoop, type LoopState } from '@fettle/core/loop-state';
import { allOn } from '@fettle/core/loop/plan/flags';
import { defaultPolicy } from '@fettle/core/loop/plan/policy';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import { aService, aStack, aView } from '../controller.kit.ts';
import { memoryStore } from '../stores/memory.ts';
import type { Capsules } from './capsules.ts';
import { loadRunbooks } from './load-runbooks.ts';
import { openDriver, type LoopDriver, type OtherEffect } from './loop-driver.ts';

export const secrets = [
  'correct-horse-battery',
  'sw0rdfish',
  'f3a9c1d27b604e58aa21',
  'tiger-in-the-log',
  'option-secret-77',
  'bearer-a1b2c3d4e5',
] as const;

const check = {
  name: 'health',
  role: 'both',
  probe: { kind: 'tcp', host: null, port: null },
  intervalMs: 2_000,
  timeoutMs: 1_000,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 5_000,
  startIntervalMs: 500,
  required: true,
  attest: true,
} satisfies HealthCheck;

export const secretStack = aStack([
  aService('api', {
    command: ['node', 'api.js', '--api-token', secrets[4]],
    environment: {
      DB_PASSWORD: secrets[0],
      DATABASE_URL: `postgres://app:${secrets[1]}@127.0.0.1:5432/shop`,
      SIGNING: secrets[2],
    },
    healthChecks: [check],
  }),
  aService('web', { healthChecks: [check] }),
]);

export type Life = Readonly<{
  driver: LoopDriver;
  state: LoopState;
  /** So many seconds pass; `ill`: services whose check fails. */
  pass(seconds: number, ill: readonly string[]): void;
  stop(): void;
}>;

export function startLife(capsules: Capsules, startMs = 1_790_000_000_000): Life {
  const clock = { nowMs: startMs };
  const store = memoryStore();
  const answers: LoopEvent[] = [];
  const state = openLoop(clock.nowMs);
  const driver = openDriver({
    state,
    store,
    nowMs: () => clock.nowMs,
    run: (effect) => answers.push(...answersTo(effect, clock.nowMs)),
    recorder: capsules.recorder,
    onTrouble: (cause) => {
      throw cause;
    },
    onChange: () => undefined,
  });
  const { runbooks } = loadRunbooks({ dir: null, cwd: '/' });
  const policy = { ...defaultPolicy, autonomy: 'full' } as const;
  driver.take({ kind: 'configured', policy, flags: allOn, runbooks });
  driver.take({ kind: 'restored', records: [] });
  driver.take({ kind: 'observed', observations: [{ kind: 'stack', stack: secretStack }] });
  for (const { name } of secretStack.services)
    driver.take({
      kind: 'observed',
      observations: [{ kind: 'instance', view: viewOf(name, startMs) }],
    });
  return {
    driver,
    state,
    pass(seconds, ill) {
      for (let second = 0; second < seconds; second += 1) {
        clock.nowMs += 1_000;
        for (const answer of answers.splice(0)) driver.take(answer);
        const observations = secretStack.services.flatMap(({ name }) =>
          seenOf(name, !ill.includes(name), clock.nowMs),
        );
        driver.take({ kind: 'observed', observations });
        driver.take({ kind: 'ticked' });
      }
    },
    stop: () => driver.stop(),
  };
}

function viewOf(service: string, nowMs: number) {
  const run = { token: `t-${service}`, pid: 4_000, startedAtMs: nowMs - 60_000, ready: true };
  return aView(service, { state: 'running', ...run });
}

function seenOf(service: string, ok: boolean, atMs: number): readonly Observation[] {
  const instance = `${service}.1`;
  const lines = [
    `INFO request in ${atMs % 97} ms`,
    ...(ok ? [] : [`ERROR login with password=${secrets[3]} failed, key ${secrets[2]}`]),
  ];
  const seen = { atMs, service, instance };
  const detail = ok ? 'connected' : `no answer in 1s, authorization: Bearer ${secrets[5]}`;
  return [
    {
      kind: 'checked',
      ...seen,
      check: check.name,
      role: check.role,
      ok,
      up: ok,
      detail,
      durationMs: ok ? 3 : 1_000,
      attested: ok ? true : null,
      flapping: false,
      required: true,
    },
    { kind: 'lines', ...seen, lines, skippedLines: 0, bytes: 60 },
    {
      kind: 'sampled',
      atMs,
      samples: [
        { subject: service, metric: 'cpu', value: (atMs % 7_000) / 70_000 },
        { subject: service, metric: 'rss_bytes', value: 80e6 + (atMs % 13_000) },
      ],
    },
  ];
}

function answersTo(effect: OtherEffect, atMs: number): readonly LoopEvent[] {
  switch (effect.kind) {
    case 'examine': {
      const { incidentId, services } = effect;
      return [{ kind: 'examined', incidentId, exams: services.map((name) => examOf(name, atMs)) }];
    }
    case 'ask':
      return [{ kind: 'answered', ask: effect.ask, answers: effect.calls.map(() => true) }];
    case 'keep-evidence':
      return [{ kind: 'evidence-kept', runId: effect.runId, files: [] }];
    case 'capture':
      return [{ kind: 'captured', key: effect.key, ok: true, detail: '', capture: null }];
    case 'act':
      return [{ kind: 'acted', key: effect.key, ok: true, detail: '' }];
    case 'undo':
      return [{ kind: 'undone', key: effect.key, ok: true, detail: '' }];
    default:
      return [];
  }
}

function examOf(service: string, atMs: number): ServiceExam {
  return {
    service,
    atMs,
    processes: [
      {
        pid: 4_000,
        command: 'node',
        state: 'S',
        cpu: 0,
        waitsIn: 'futex_wait_queue',
        threads: 8,
        busyThreads: 0,
        fds: 30,
        fdLimit: 1_024,
        rssBytes: 80e6,
        nice: 0,
        ours: true,
      },
    ],
    ports: [],
    endpoints: [],
    names: [],
    mounts: [],
    files: [],
    certificates: [],
    command: { name: 'node', found: true },
    clockSkewMs: 0,
  };
}
