/** The unit that was installed for a stack, and talk with the manager that runs it. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatePaths } from '@fettle/sdk/daemon/paths';
import type { Session } from '../session.ts';
import { stackDirOfUnit } from './unit-text.ts';

export type Manager = 'systemd' | 'launchd';
export type Scope = 'user' | 'system';

/** `.fettle/unit.json`. */
export type InstalledUnit = Readonly<{
  manager: Manager;
  scope: Scope;
  /** `fettle-shop.service`, `dev.fettle.shop`. */
  unit: string;
  /** Absolute. */
  file: string;
}>;

export type Told = Readonly<{ ok: boolean; text: string }>;

/** Longer than any start or stop that systemd itself waits for, but for a stack of many graces. */
const managerMs = 300_000;

/** null: none was installed, or its file is gone or another stack's by now. */
export function readUnit(paths: StatePaths): InstalledUnit | null {
  try {
    const unit = JSON.parse(readFileSync(markerOf(paths), 'utf8')) as InstalledUnit;
    const isOurs = stackDirOfUnit(readFileSync(unit.file, 'utf8')) === paths.stackDir;
    return isOurs ? unit : null;
  } catch {
    return null;
  }
}

/** `owner`: who will run it, where that is not who installs it. */
export function noteUnit(
  paths: StatePaths,
  unit: InstalledUnit,
  owner: Readonly<{ uid: number; gid: number }> | null,
): void {
  const file = markerOf(paths);
  writeFileSync(file, `${JSON.stringify(unit, null, 2)}\n`, { mode: 0o600 });
  if (owner !== null)
    for (const one of [paths.stateDir, file]) chownSync(one, owner.uid, owner.gid);
}

export function forgetUnit(paths: StatePaths): void {
  rmSync(markerOf(paths), { force: true });
}

function markerOf({ stateDir }: StatePaths): string {
  return join(stateDir, 'unit.json');
}

export function systemctl(session: Session, scope: Scope, words: readonly string[]): Told {
  const all = scope === 'user' ? ['--user', ...words] : [...words];
  return run(session, 'systemctl', ['--no-pager', ...all]);
}

/** Is there a systemd of that scope that answers? */
export function hasSystemd(session: Session, scope: Scope): boolean {
  if (scope === 'system' && !existsSync('/run/systemd/system')) return false;
  return systemctl(session, scope, ['show', '--property=Version']).ok;
}

/** Starts the daemon as its unit; false: there is none, or it would not. */
export function startByUnit(session: Session): boolean {
  const unit = readUnit(session.paths);
  if (unit === null || unit.manager !== 'systemd') return false;
  const told = systemctl(session, unit.scope, ['start', unit.unit]);
  if (told.ok) return true;
  session.output.say(`${unit.unit} could not be started (${told.text}); started without it`);
  return false;
}

export function run(session: Session, program: string, words: readonly string[]): Told {
  const { status, stdout, stderr, error } = spawnSync(program, [...words], {
    env: { ...session.env, LC_ALL: 'C' },
    encoding: 'utf8',
    timeout: managerMs,
  });
  const text = (error?.message ?? `${stderr ?? ''}${stdout ?? ''}`).trim();
  return { ok: status === 0, text: status === 0 ? (stdout ?? '').trim() : text };
}
