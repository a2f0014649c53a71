/**
 * The controller's shell in the healing simulation: keeps records before anything else, answers
 * questions and carries out acts after a delay, and loses all that is under way when it dies.
 */
import type { Kept, LoopEffect } from '@fettle/core/loop-effect';
import type { LoopEvent } from '@fettle/core/loop-event';
import { openLoop, type LoopState } from '@fettle/core/loop-state';
import { stepLoop } from '@fettle/core/loop-step';
import type { FactCall, Value } from '@fettle/core/loop/plan/expression/expression';
import { allOn } from '@fettle/core/loop/plan/flags';
import { defaultPolicy, type Policy } from '@fettle/core/loop/plan/policy';
import type { Runbook } from '@fettle/core/loop/plan/runbook';
import { plan, type VirtualClock } from '../virtual-clock.ts';
import { examine } from './healing-exam.ts';
import { isServing, perform, type HealingWorld } from './healing-world.ts';

export type HealingShell = {
  readonly clock: VirtualClock;
  readonly world: HealingWorld;
  readonly runbooks: readonly Runbook[];
  readonly policy: Policy;
  /** What is on disk, by `kind:id`. */
  readonly kept: Map<string, Kept>;
  /** null: the controller is dead. */
  state: LoopState | null;
  /** Answers to an earlier life are lost. */
  life: number;
  events: number;
  deaths: number;
  /** Acts whose answer a death swallowed: what they did stands all the same. */
  readonly told: LoopEffect[];
  onEffects: (effects: readonly LoopEffect[]) => void;
  /** Steps the loop; tests look over its shoulder. */
  step: typeof stepLoop;
};

export const simulatedPolicy: Policy = { ...defaultPolicy, autonomy: 'full' };

export function nowOf({ clock }: HealingShell): number {
  return clock.nowMs + clock.wallOffsetMs;
}

/** The next life: everything but what was kept is forgotten. */
export function revive(shell: HealingShell): void {
  shell.life += 1;
  shell.state = openLoop(nowOf(shell));
  const { policy, runbooks } = shell;
  take(shell, { kind: 'configured', policy, flags: allOn, runbooks });
  take(shell, { kind: 'restored', records: structuredClone([...shell.kept.values()]) });
  take(shell, { kind: 'observed', observations: [{ kind: 'stack', stack: shell.world.stack }] });
  for (const view of shell.world.views.values())
    take(shell, { kind: 'observed', observations: [{ kind: 'instance', view }] });
}

export function die(shell: HealingShell): void {
  shell.state = null;
  shell.deaths += 1;
}

export function take(shell: HealingShell, event: LoopEvent): void {
  if (shell.state === null) return;
  shell.events += 1;
  const effects = shell.step(shell.state, event, nowOf(shell));
  for (const effect of effects) if (effect.kind === 'keep') keep(shell, effect.record);
  shell.onEffects(effects);
  for (const effect of effects) run(shell, effect);
}

function keep({ kept }: HealingShell, record: Kept): void {
  const key = `${record.kind}:${record.id}`;
  if (record.body === null) kept.delete(key);
  else kept.set(key, structuredClone(record));
}

function answer(shell: HealingShell, afterMs: number, make: () => LoopEvent): void {
  const { life } = shell;
  plan(shell.clock, afterMs, () => {
    if (shell.life === life && shell.state !== null) take(shell, make());
  });
}

function run(shell: HealingShell, effect: LoopEffect): void {
  const { world } = shell;
  const { dice } = world;
  switch (effect.kind) {
    case 'examine': {
      const { incidentId, services } = effect;
      return answer(shell, dice.int(200, 1_500), () => ({
        kind: 'examined',
        incidentId,
        exams: services.map((name) => examine(world, name, nowOf(shell))),
      }));
    }
    case 'ask': {
      const { ask, calls } = effect;
      return answer(shell, dice.int(5, 400), () => ({
        kind: 'answered',
        ask,
        answers: calls.map((call) => factOf(world, call)),
      }));
    }
    case 'keep-evidence': {
      const { runId } = effect;
      return answer(shell, dice.int(50, 2_000), () => ({
        kind: 'evidence-kept',
        runId,
        files: [],
      }));
    }
    case 'capture': {
      const { key } = effect;
      const capture = { was: 'so' };
      const event = { kind: 'captured', key, ok: true, detail: '', capture } as const;
      return answer(shell, dice.int(5, 200), () => event);
    }
    case 'notify':
      if (effect.change === 'approval') person(shell, effect.incidentId);
      return;
    case 'act':
    case 'undo':
      return carry(shell, effect);
    case 'observe-act': {
      const { key } = effect;
      const seen = world.effects.has(key) ? 'done' : 'not-done';
      return answer(shell, dice.int(5, 200), () => ({ kind: 'act-observed', key, seen }));
    }
    default:
  }
}

/** Somebody looks after a while, and mostly agrees. */
function person(shell: HealingShell, incidentId: string): void {
  const { clock, world } = shell;
  plan(clock, world.dice.int(20_000, 120_000), () => {
    const asks = [...(shell.state?.runs.values() ?? [])].filter(
      (run) => run.incidentId === incidentId && run.phase === 'awaiting',
    );
    for (const { id } of asks) {
      const agrees = world.dice.chance(0.8);
      const command = agrees
        ? ({ kind: 'approve', runId: id } as const)
        : ({ kind: 'reject', runId: id, reason: 'not now' } as const);
      take(shell, { kind: 'commanded', command, actor: 'sam' });
    }
  });
}

/** The act takes place also when its controller dies meanwhile; only the answer is lost. */
function carry(
  shell: HealingShell,
  effect: Extract<LoopEffect, Readonly<{ kind: 'act' | 'undo' }>>,
): void {
  const { world, clock } = shell;
  const { key, action, params, kind } = effect;
  // A disk is cleaned by its path; each service of this world has one of its own.
  const path = /^\/srv\/healing\/([\w-]+)/.exec(String(params['path'] ?? ''))?.[1];
  const target = path ?? String(params['target'] ?? '');
  const isLost = world.dice.chance(0.02);
  plan(clock, world.dice.int(10, 1_500), () => {
    if (isLost) return;
    const observations =
      kind === 'act' ? perform(world, { key, action, target }, nowOf(shell)) : [];
    if (observations.length > 0) take(shell, { kind: 'observed', observations });
  });
  answer(shell, 1_600, () =>
    kind === 'act'
      ? { kind: 'acted', key, ok: !isLost, detail: isLost ? 'it failed' : '' }
      : { kind: 'undone', key, ok: true, detail: '' },
  );
}

function factOf(world: HealingWorld, { name, args }: FactCall): Value {
  const service = String(args[0] ?? '');
  const lives = world.views.get(service)?.state === 'running';
  const serves = isServing(world, service);
  switch (name) {
    case 'proc': {
      const stopped = world.faults.get(service)?.kind === 'stopped';
      return { state: lives ? (stopped ? 'stopped' : 'running') : 'exited', cpu: 0.01, pid: 1 };
    }
    case 'tcp_connect':
      return { ok: lives, error: lives ? null : 'refused', ms: 1 };
    case 'db_ping':
    case 'http_get':
      return { ok: serves, ms: 5, error: serves ? null : 'timeout', status: serves ? 200 : 503 };
    case 'has_good_version':
    case 'attested':
    case 'port_free':
    case 'file_exists':
    case 'command_exists':
      return true;
    case 'disk_free':
    case 'inodes_free':
      return [...world.faults.values()].some(({ kind }) => kind === 'disk-full') ? 0 : 0.6;
    case 'memory_available':
      return 8e9;
    default:
      return null;
  }
}
