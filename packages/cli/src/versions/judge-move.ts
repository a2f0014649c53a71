/**
 * Is a stack as well after its daemon was replaced as it was before? Pure: two looks and where the
 * daemons come from.
 */
import type { State, StatusDocument } from '@fettle/sdk/api/status';

/** Folders of the programs that the two daemons run; null: not to be told. */
export type Roots = Readonly<{ supervisor: string | null; controller: string | null }>;

export type Judgement = Readonly<{
  /** In words; empty: all is well. */
  problems: readonly string[];
  /** Services that did not live through it. */
  restarted: readonly string[];
}>;

/** What worked must work; what did not is no fault of the new version. */
const working: ReadonlySet<State> = new Set(['ok', 'degraded', 'done', 'stopped']);

export function judgeMove(
  before: StatusDocument,
  after: StatusDocument | null,
  { wanted, roots }: Readonly<{ wanted: string; roots: Roots }>,
): Judgement {
  const problems: string[] = [];
  if (roots.supervisor !== wanted) problems.push('the supervisor is not of that version');
  if (after === null)
    return { problems: [...problems, 'the controller does not answer'], restarted: [] };
  if (roots.controller !== wanted) problems.push('the controller is not of that version');
  if (!after.daemon.supervisorConnected) problems.push('the controller has no supervisor');
  const now = new Map(after.services.map((service) => [service.name, service]));
  const restarted: string[] = [];
  for (const { name, state, pid } of before.services) {
    const found = now.get(name);
    if (found === undefined) problems.push(`${name} is gone`);
    else if (working.has(state) && !isAsWell(state, found.state))
      problems.push(`${name} was ${state} and is ${found.state}`);
    if (pid !== null && found !== undefined && found.pid !== pid) restarted.push(name);
  }
  return { problems, restarted };
}

function isAsWell(before: State, now: State): boolean {
  return before === now || (working.has(now) && now !== 'stopped');
}
