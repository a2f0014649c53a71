/** The right remedy for every class of diagnosis, as the shipped runbooks choose it. */
import { diagnosisClasses, type DiagnosisClass } from '@fettle/core/loop/diagnose/diagnosis';
import { needs, service, Stage } from '@fettle/core/loop/collect/stage.contract';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { runbookNames } from '@fettle/core/loop/plan/expression/runbook-names';
import { factKey, type EvaluationContext } from '@fettle/core/loop/plan/expression/scope';
import { callsOf, evaluate, holds } from '@fettle/core/loop/plan/expression/evaluate';
import { allFacts } from '@fettle/core/loop/plan/facts/all';
import type { Runbook } from '@fettle/core/loop/plan/runbook';
import { waysThrough } from '@fettle/core/loop/plan/runbook-ways';
import { expect, test } from 'vitest';
import { loadRunbooks } from './load-runbooks.ts';

const { runbooks } = loadRunbooks({ dir: null, cwd: '/' });

type Case = Readonly<{
  target?: string;
  params?: Readonly<Record<string, string | number>>;
  /** Answers of the shell by the name of the fact; others are not known. */
  answers?: Readonly<Record<string, Value>>;
  /** What happened before, on the stage. */
  before?: (stage: Stage) => void;
}>;

const stageOf = () =>
  new Stage([
    service('db', { labels: { 'fettle.kind': 'database' } }),
    service('api', { dependsOn: needs('db') }),
    service('bridge', { dependsOn: needs('peer') }),
    service('peer'),
    service('outside', { external: true, healthChecks: [] }),
  ]);

function runbookFor(cause: DiagnosisClass): Runbook {
  const found = runbooks.find(({ triggers }) =>
    triggers.some((trigger) => trigger.kind === 'diagnosis' && trigger.classes.includes(cause)),
  );
  if (found === undefined) throw new RangeError(`no runbook for ${cause}`);
  return found;
}

function chosen(cause: DiagnosisClass, { target = 'api', params, answers, before }: Case) {
  const stage = stageOf();
  before?.(stage);
  const runbook = runbookFor(cause);
  const { nowMs, picture } = stage;
  const world = { picture, symptoms: [], nowMs, sinceMs: null, startedMs: nowMs };
  const given: Record<string, string | number | boolean> = { service: 'api', ...params, target };
  const contextOf = (told: ReadonlyMap<string, Value>): EvaluationContext => ({
    names: runbookNames({
      params: given,
      diagnosis: cause,
      confidence: 0.9,
      risk: 'low',
      incident: { id: 'INC-1', root: target, affected: [], openedMs: nowMs },
      run: null,
      nowMs,
    }),
    facts: allFacts,
    world,
    answers: told,
  });
  for (const { name, from } of runbook.parameters) {
    const value = from === null ? null : evaluate(from, contextOf(new Map()));
    if (value !== null && typeof value !== 'object') given[name] = value;
  }
  const open = contextOf(new Map());
  const calls = runbook.diagnose.flatMap(({ when }) => (when === null ? [] : callsOf(when, open)));
  const told = contextOf(
    new Map(calls.map((call) => [factKey(call), answers?.[call.name] ?? null] as const)),
  );
  const branch = runbook.diagnose.find(({ when }) => when === null || holds(when, told));
  return runbook.steps.get(branch?.goto ?? '')?.action ?? null;
}

const halted = { answers: { proc: { state: 'stopped' } } };
const secretChanged = (stage: Stage) => {
  stage.wait(1_000);
  const change = { kind: 'secret', service: 'api', actor: 'x', text: 'x', path: null } as const;
  stage.see({ kind: 'changed', change: { ...change, atMs: stage.nowMs } });
};
const deployed = (stage: Stage) => {
  const change = { kind: 'deploy', service: 'api', actor: 'x', text: 'x', path: null } as const;
  stage.see({ kind: 'changed', change: { ...change, atMs: stage.nowMs } });
};
const ended = (stage: Stage) => stage.end('api');
const disk = { target: '@disk:/data', params: { path: '/data' } };
const good = { answers: { has_good_version: true } };

/** Class, what is known, and the action that must come first. HEALING, "Fault classes". */
const table: readonly (readonly [DiagnosisClass, string, Case?])[] = [
  ['crash', 'service.start', { before: ended }],
  ['crash_loop', 'service.start', { before: ended }],
  [
    'crash_loop',
    'escalate',
    {
      before: (stage) => {
        for (let end = 0; end < 12; end += 1) {
          stage.end('api');
          stage.wait(1_000);
          stage.start('api');
        }
        stage.end('api');
      },
    },
  ],
  ['hang', 'service.restart'],
  ['deadlock', 'service.restart'],
  ['event_loop_block', 'service.restart'],
  ['stopped', 'process.signal', halted],
  ['zombies', 'service.restart'],
  ['worker_stuck', 'process.signal', halted],
  ['worker_stuck', 'service.restart'],
  ['dependency_down', 'service.start', { target: 'peer', before: (stage) => stage.end('peer') }],
  ['dependency_down', 'escalate', { target: 'outside' }],
  ['gray_failure', 'service.restart'],
  ['gray_failure', 'deploy.rollback', { before: deployed }],
  ['poison_input', 'job.quarantine', { params: { job: '7' } }],
  ['missing_module', 'deps.restore'],
  ['probe_broken', 'check.silence', { params: { check: 'health' } }],
  ['flapping', 'escalate'],
  ['bad_config', 'config.restore', good],
  ['bad_config', 'escalate'],
  ['missing_env', 'config.restore', good],
  ['config_drift', 'config.restore', good],
  ['auth_secret_mismatch', 'secret.reload', { before: secretChanged, ...good }],
  ['auth_secret_mismatch', 'config.restore', good],
  ['auth_secret_mismatch', 'secret.reload'],
  ['cert_expired', 'cert.renew'],
  ['cert_expiring', 'cert.renew'],
  [
    'port_conflict_orphan',
    'process.kill',
    {
      params: { port: 8_000, pid: 7 },
      answers: { owner: { kind: 'orphan', pid: 7 } },
    },
  ],
  [
    'orphan_serving',
    'process.kill',
    {
      params: { port: 8_000, pid: 7 },
      answers: { owner: { kind: 'orphan', pid: 7 } },
    },
  ],
  [
    'port_conflict_foreign',
    'port.reassign',
    {
      params: { port: 8_000, pid: 7 },
      answers: { owner: { kind: 'foreign', pid: 7 } },
    },
  ],
  [
    'port_conflict_foreign',
    'service.start',
    {
      params: { port: 8_000 },
      answers: { owner: { kind: 'none' }, port_free: true },
    },
  ],
  ['mem_leak', 'service.restart'],
  ['mem_leak', 'deploy.rollback', { before: deployed }],
  ['oom_killed', 'service.start', { before: ended }],
  ['heap_exhausted', 'service.restart'],
  ['fd_leak', 'service.restart'],
  ['thread_leak', 'service.restart'],
  ['cpu_own_hot_loop', 'service.restart'],
  ['cpu_own_threads', 'service.restart'],
  ['cpu_noisy_neighbour', 'process.renice', { target: 'peer' }],
  ['cpu_noisy_neighbour', 'escalate', { target: '@host', params: { pid: 7 } }],
  ['overload_retry_storm', 'resilience.set'],
  ['disk_full', 'disk.reclaim', disk],
  ['inode_exhaustion', 'disk.reclaim', disk],
  ['deleted_open_file', 'service.restart', { params: { path: '/data' } }],
  ['readonly_fs', 'escalate', disk],
  ['log_flood', 'logs.rate_limit', { params: { template: 'x <*>' } }],
  ['db_down', 'service.start', { target: 'db' }],
  ['db_down', 'escalate', { target: 'outside' }],
  ['db_hung', 'process.signal', { target: 'db', ...halted }],
  ['db_hung', 'service.restart', { target: 'db' }],
  ['db_hung', 'service.restart', { target: 'db', answers: { db_ping: { ok: false } } }],
  ['db_hung', 'wait', { target: 'db', answers: { db_ping: { ok: true } } }],
  ['db_slow', 'escalate', { target: 'db' }],
  ['db_lock_contention', 'db.terminate_sessions', { target: 'db', params: { pid: 7 } }],
  ['pool_leak', 'service.restart'],
  ['db_max_connections', 'service.restart', { target: 'db', params: { client: 'api' } }],
  ['db_max_connections', 'db.terminate_sessions', { target: 'db', params: { client: 'pid 7' } }],
  ['dns_failure', 'resolver.pin', { params: { host: 'h', ip: '10.0.0.1' } }],
  ['dns_failure', 'escalate'],
  ['net_refused_policy', 'escalate'],
  ['net_blackhole', 'escalate'],
  ['link_latency', 'breaker.open', { params: { peer: 'db' } }],
  ['link_resets', 'breaker.open', { params: { peer: 'db' } }],
  ['proxy_fault', 'escalate'],
  ['ws_reconnect_herd', 'traffic.admit'],
  ['clock_skew', 'escalate'],
  ['constraint_broken', 'escalate'],
  [
    'bridge_peer_down',
    'service.start',
    { target: 'peer', params: { peer: 'peer', bridge: 'bridge' } },
  ],
  ['bridge_peer_down', 'escalate', { target: 'bridge', params: { peer: '10.0.0.9:7' } }],
  [
    'bridge_half_open',
    'process.signal',
    { target: 'peer', params: { bridge: 'bridge' }, ...halted },
  ],
  ['bridge_half_open', 'service.restart', { target: 'peer', params: { bridge: 'bridge' } }],
  [
    'bridge_config_mismatch',
    'config.restore',
    { target: 'bridge', params: { peer: 'peer' }, ...good },
  ],
  ['bridge_config_mismatch', 'bridge.resync', { target: 'bridge', params: { peer: 'peer' } }],
  ['bridge_exec_missing', 'config.restore', { target: 'bridge', ...good }],
  ['bridge_exec_missing', 'escalate', { target: 'bridge' }],
];

for (const [cause, action, situation] of table)
  test(`${cause}: ${action}`, () => expect(chosen(cause, situation ?? {})).toBe(action));

test('no class is left out', () => {
  const told = new Set(table.map(([cause]) => cause));
  expect(diagnosisClasses.filter((cause) => cause !== 'unknown' && !told.has(cause))).toEqual([]);
});
test('every way through every runbook is proven or reaches a person', () => {
  for (const runbook of runbooks)
    for (const { end, steps } of waysThrough(runbook)) {
      const walked = steps.map(({ step, done }) => `${step}${done ? '' : '!'}`).join(' ');
      expect([runbook.name, walked, ['verified', 'person', 'gives-up'].includes(end)]).toEqual([
        runbook.name,
        walked,
        true,
      ]);
    }
});
