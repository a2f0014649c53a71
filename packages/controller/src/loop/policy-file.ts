/**
 * `policy.yaml` beside the config: read at the start and whenever it changes, so that a person can
 * hold the loop back, or let it go further, without restarting anything.
 *
 * A file with mistakes changes nothing: the policy in force stays, and the mistakes are told.
 */
import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { readPolicy, type PolicyFile } from '@fettle/config/read-policy';
import type { Flags } from '@fettle/core/loop/plan/flags';
import type { Policy } from '@fettle/core/loop/plan/policy';
import { flagsOf, policyOf } from '@fettle/core/loop/plan/policy-of';
import type { Stack } from '@fettle/core/stack/service';
import type { Disposer } from '../parts.ts';

export type PolicyInForce = Readonly<{ policy: Policy; flags: Flags }>;

export type PolicyProblem = PolicyFile['problems'][number];

export type PolicyWatch = Readonly<{
  current(): PolicyInForce;
  /** Of the file as it is now; empty: it is in force, or there is none. */
  problems(): readonly PolicyProblem[];
  /** The stack changed: its `heal:` may have, too. */
  refresh(): void;
  stop: Disposer;
}>;

export type PolicyOptions = Readonly<{
  dir: string;
  stack: () => Stack | null;
  env: Readonly<Record<string, string | undefined>>;
  onChange: (inForce: PolicyInForce, problems: readonly PolicyProblem[]) => void;
}>;

const fileName = 'policy.yaml';
/** Editors write in several steps; one reading after the last is enough. */
const settleMs = 150;
/** Notices get lost on some file systems. */
const lookAgainMs = 30_000;

export function watchPolicy(options: PolicyOptions): PolicyWatch {
  const { dir, stack, onChange } = options;
  let file = read(options);
  let good = usable(file) ? file : nothing;
  const inForce = (): PolicyInForce => ({
    policy: policyOf(stack(), good.heal),
    flags: flagsOf(stack(), good.selfHealing),
  });
  let told = JSON.stringify([inForce(), file.problems]);
  const refresh = (): void => {
    file = read(options);
    if (usable(file)) good = file;
    const now = JSON.stringify([inForce(), file.problems]);
    if (now === told) return;
    told = now;
    onChange(inForce(), file.problems);
  };
  let settling: NodeJS.Timeout | null = null;
  const soon = (): void => {
    if (settling !== null) clearTimeout(settling);
    settling = setTimeout(refresh, settleMs);
  };
  const watcher = watchFolder(dir, (name) => {
    if (name === null || name === fileName) soon();
  });
  const regular = setInterval(refresh, lookAgainMs);
  regular.unref();
  return {
    current: inForce,
    problems: () => file.problems,
    refresh,
    stop() {
      watcher?.close();
      clearInterval(regular);
      if (settling !== null) clearTimeout(settling);
    },
  };
}

const nothing: PolicyFile = { heal: null, selfHealing: null, problems: [] };

function usable({ problems }: PolicyFile): boolean {
  return problems.length === 0;
}

function read({ dir, stack, env }: PolicyOptions): PolicyFile {
  const services = (stack()?.services ?? []).map(({ name }) => name);
  return readPolicy({ path: join(dir, fileName), cwd: dir, services, env });
}

/** The folder, not the file: an editor replaces the file. null: it cannot be watched. */
function watchFolder(dir: string, onName: (name: string | null) => void): FSWatcher | null {
  try {
    const watcher = watch(dir, { persistent: false }, (_event, name) => onName(name));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
