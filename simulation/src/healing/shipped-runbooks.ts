/** The runbooks that ship, read by the controller's own loader. */
import { assert } from '@fettle/sdk/assert';
import { loadRunbooks } from '@fettle/controller/loop/load-runbooks';
import type { Runbook } from '@fettle/core/loop/plan/runbook';

export function shippedRunbooks(): readonly Runbook[] {
  const { runbooks, problems } = loadRunbooks({ dir: null, cwd: import.meta.dirname });
  assert(problems.length === 0, 'every shipped runbook is in order');
  return runbooks;
}
