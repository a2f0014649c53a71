/** What the loop goes by: runbooks, and the policy and switches of the config and `policy.yaml`. */
import type { Flags } from '@fettle/core/loop/plan/flags';
import type { Policy } from '@fettle/core/loop/plan/policy';
import type { Runbook } from '@fettle/core/loop/plan/runbook';
import type { Disposer, Journal, SupervisorLink } from '../parts.ts';
import type { RunbookFiles } from './runbook-files.ts';
import { watchPolicy, type PolicyProblem } from './policy-file.ts';

export type LoopSettings = Readonly<{
  policy: Policy;
  flags: Flags;
  runbooks: readonly Runbook[];
}>;

export type SettingsSource = Readonly<{
  current(): LoopSettings;
  /** Of runbook files that are not used. */
  runbookProblems(): ReturnType<RunbookFiles['problems']>;
  onChange(listener: () => void): Disposer;
  stop: Disposer;
}>;

export type SettingsOptions = Readonly<{
  /** Folder of the stack: where `policy.yaml` lies. */
  dir: string;
  link: Pick<SupervisorLink, 'stack'>;
  journal: Pick<Journal, 'append'>;
  env: Readonly<Record<string, string | undefined>>;
  runbooks: RunbookFiles;
}>;

export function openSettings({
  dir,
  link,
  journal,
  env,
  runbooks,
}: SettingsOptions): SettingsSource {
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const policy = watchPolicy({
    dir,
    stack: () => link.stack(),
    env,
    onChange: (_inForce, problems) => {
      tell(journal, problems);
      changed();
    },
  });
  const forget = runbooks.onChange(changed);
  if (policy.problems().length > 0) tell(journal, policy.problems());
  return {
    current: () => ({ ...policy.current(), runbooks: runbooks.current() }),
    runbookProblems: () => runbooks.problems(),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      forget();
      runbooks.stop();
      policy.stop();
    },
  };
}

function tell(journal: Pick<Journal, 'append'>, problems: readonly PolicyProblem[]): void {
  const [first] = problems;
  const place = first === undefined ? '' : `${first.place.file}:${first.place.line}`;
  const text =
    first === undefined
      ? 'the policy changed'
      : `policy.yaml is not used: ${place}: ${first.message.replace(/\?$/, '')}. ${first.hint}`;
  journal.append({
    kind: first === undefined ? 'policy.changed' : 'policy.refused',
    service: null,
    instance: null,
    severity: first === undefined ? 'info' : 'warn',
    text,
    data: { problems: problems.map(({ code, message }) => ({ code, message })) },
  });
}
