/**
 * Walks every way through a runbook on paper: each branch, each step done or failed, to each end.
 * For `fettle runbooks test` and for people who want to know what could happen before it does.
 */
import { actionSpecs } from './action-specs.ts';
import type { Runbook, Step } from './runbook.ts';

export type WayStep = Readonly<{ step: string; action: string; done: boolean }>;

export type Way = Readonly<{
  /** Text of the branch's condition; null: `else`. */
  when: string | null;
  steps: readonly WayStep[];
  /**
   * `verified`: the cure is to be proven; `person`: somebody is called; `gives-up`: what can be
   * undone is undone, then somebody is called; `ends`: as written, without a cure.
   */
  end: 'verified' | 'person' | 'gives-up' | 'ends';
  /** Steps that would be undone when the cure does not show, last first. */
  undone: readonly string[];
  /** Done, and not taken back: the action says why. */
  kept: readonly string[];
}>;

/** Steps fan out; a runbook that needs more than this is too large to be understood. */
const MAX_WAYS = 500;

export function waysThrough(runbook: Runbook): readonly Way[] {
  const ways: Way[] = [];
  for (const { when, goto } of runbook.diagnose)
    walk(runbook, { when: when?.text ?? null, at: goto, steps: [] }, ways);
  return ways;
}

type Walk = Readonly<{ when: string | null; at: string; steps: readonly WayStep[] }>;

function walk(runbook: Runbook, { when, at, steps }: Walk, ways: Way[]): void {
  if (ways.length >= MAX_WAYS) return;
  const end = (kind: Way['end']): void => void ways.push(wayOf(runbook, { when, steps, kind }));
  if (at === 'verify') return end('verified');
  if (at === 'end') return end('ends');
  const step = runbook.steps.get(at);
  if (step === undefined) return end('gives-up');
  const walked = (done: boolean) => [...steps, { step: at, action: step.action, done }];
  if (isLastWord(step))
    return void ways.push(wayOf(runbook, { when, steps: walked(true), kind: 'person' }));
  walk(runbook, { when, at: step.next, steps: walked(true) }, ways);
  if (step.action === 'notify' || step.action === 'wait') return;
  if (step.onFail !== null)
    return walk(runbook, { when, at: step.onFail, steps: walked(false) }, ways);
  ways.push(wayOf(runbook, { when, steps: walked(false), kind: 'gives-up' }));
}

function isLastWord({ action }: Step): boolean {
  return action === 'escalate' || action === 'manual';
}

type Ended = Readonly<{ when: string | null; steps: readonly WayStep[]; kind: Way['end'] }>;

function wayOf(runbook: Runbook, { when, steps, kind }: Ended): Way {
  const done = steps.filter((one) => one.done && !isWords(one.action)).map(({ step }) => step);
  const isUndone = (name: string): boolean => {
    const step = runbook.steps.get(name);
    return step?.undo === 'action' && actionSpecs.get(step.action)?.irreversible === null;
  };
  return {
    when,
    steps,
    end: kind,
    undone: done.filter(isUndone).toReversed(),
    kept: done.filter((name) => !isUndone(name)),
  };
}

const isWords = (action: string): boolean =>
  ['escalate', 'manual', 'notify', 'wait'].includes(action);
