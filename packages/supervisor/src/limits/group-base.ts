/**
 * The folder in which groups of ours may be made, by controller.
 *
 * Always below a group that holds this process or its neighbours, so that a limit which somebody
 * set around us stays in force. v1: in our own group. v2: a group with processes may have no
 * children that control anything, so it is the group around ours; where ours is a systemd unit that
 * would be systemd's own, unless `DelegateSubgroup=` put us one deeper. Source: cgroups(7), "no
 * internal processes"; systemd, "Control Group APIs and Delegation".
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Hierarchy } from './hierarchies.ts';

export type Controller = 'memory' | 'cpu' | 'pids';
export type GroupBase = Readonly<{ kind: 'base'; version: 1 | 2; folder: string }>;
/** `why`: in words that follow "watched:". */
export type NoBase = Readonly<{ kind: 'none'; why: string }>;

/** `name`: of the folder that holds all groups of this stack. */
export function openBase(
  controller: Controller,
  hierarchies: readonly Hierarchy[],
  name: string,
): GroupBase | NoBase {
  const old = hierarchies.find((one) => one.controllers.includes(controller));
  if (old !== undefined) return tryBase(1, join(old.own, name), () => {});
  const unified = hierarchies.find(({ version }) => version === 2);
  if (unified === undefined) return { kind: 'none', why: 'this system has no control groups' };
  const around = aroundOf(unified);
  if (typeof around !== 'string') return around;
  if (!listed(join(around, 'cgroup.controllers')).includes(controller))
    return { kind: 'none', why: `${around} does not control ${controller}` };
  const folder = join(around, name);
  return tryBase(2, folder, () => {
    for (const parent of [around, folder]) enable(parent, controller);
  });
}

function aroundOf({ own, mount, root }: Hierarchy): string | NoBase {
  if (own === mount) {
    if (root === '/') return own;
    return { kind: 'none', why: `${own} holds processes and can have no groups below` };
  }
  if (!basename(own).endsWith('.service')) return dirname(own);
  const unit = basename(own);
  return { kind: 'none', why: `${unit} is not delegated (Delegate=yes, DelegateSubgroup=daemon)` };
}

function enable(folder: string, controller: Controller): void {
  const file = join(folder, 'cgroup.subtree_control');
  if (!listed(file).includes(controller)) writeFileSync(file, `+${controller}`);
}

function listed(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trim().split(' ');
  } catch {
    return [];
  }
}

function tryBase(version: 1 | 2, folder: string, open: () => void): GroupBase | NoBase {
  try {
    mkdirSync(folder, { recursive: true });
    open();
    return { kind: 'base', version, folder };
  } catch (error) {
    return { kind: 'none', why: `${dirname(folder)}: ${reasonOf(error)}` };
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may make no group there',
  EPERM: 'this user may make no group there',
  EROFS: 'it is read-only',
  EBUSY: 'it holds processes',
  ENOENT: 'it is not there',
};

export function reasonOf(error: unknown): string {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}
