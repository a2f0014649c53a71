/**
 * Proves a cure on data taken after the last step, or shows that it did not work.
 *
 * The clean window slides: it is asked each second whether, over the last `window` and not before
 * the last step plus `settle`, everything required held. Three windows without one that is clean
 * are a failure, and so is damage to others that stands when the target is well.
 */
import type { Value } from '../plan/expression/expression.ts';
import { askAbout, finish, giveUp, type Machine } from '../remedy/run-machine.ts';

const everyMs = 1_000;
/** An answer that did not come by then is asked for again. */
const lostMs = 5_000;
const windowsTried = 3;

export function tickVerification(machine: Machine): void {
  const { run, runbook, judge, nowMs, stop } = machine;
  if (run.phase !== 'verifying') return;
  if (stop !== null) return giveUp(machine, 'aborted', stop);
  if (run.wakeMs !== null && nowMs < run.wakeMs) return;
  const { settleMs, windowMs, require, forbid } = runbook.verify;
  const fromMs = (run.lastStepEndMs ?? run.startedMs) + settleMs;
  run.wakeMs = nowMs + everyMs;
  if (nowMs < fromMs) return;
  run.windowFromMs = Math.max(fromMs, nowMs - windowMs);
  const question = askAbout(machine, judge.calls([...forbid, ...require]));
  if (question !== null) return takeVerdicts(machine, question, []);
  run.wakeMs = nowMs + lostMs;
}

export function takeVerdicts(machine: Machine, ask: string, answers: readonly Value[]): void {
  const { run, runbook, judge, nowMs } = machine;
  if (run.phase !== 'verifying' || run.ask !== ask) return;
  run.ask = null;
  run.wakeMs = nowMs + everyMs;
  const { settleMs, windowMs, require, forbid } = runbook.verify;
  const verdicts = judge.decide([...forbid, ...require], run.asked, answers);
  const harm = forbid.find((_rule, index) => verdicts[index] === true);
  const fromMs = (run.lastStepEndMs ?? run.startedMs) + settleMs;
  const missing = require.find((_rule, index) => verdicts[forbid.length + index] !== true);
  const isFull =
    (run.windowFromMs ?? nowMs) <= nowMs - windowMs + everyMs && nowMs >= fromMs + windowMs;
  const isOver = nowMs >= fromMs + windowMs * windowsTried;
  // While the target itself is not well yet, those that need it suffer from that, not from us.
  if (harm !== undefined && missing === undefined && (isFull || isOver))
    return giveUp(machine, 'made-worse', `forbidden, and so: ${harm.text}`);
  if (missing === undefined && isFull)
    return finish(
      machine,
      'fixed',
      `well for ${Math.round(windowMs / 1_000)}s after the last step`,
    );
  if (!isOver) return;
  const text = missing === undefined ? 'no clean window' : `not met after it: ${missing.text}`;
  giveUp(machine, 'no-effect', text);
}
