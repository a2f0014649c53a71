/** `fettle install`: the stack's daemon as a unit of systemd or launchd, which survives a reboot. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { Stack } from '@fettle/core/stack/service';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import {
  forgetUnit,
  hasSystemd,
  noteUnit,
  run,
  systemctl,
  type InstalledUnit,
  type Manager,
  type Scope,
} from '../install/installed-unit.ts';
import { launchdLabel, launchdPlist, stackDirOfUnit } from '../install/unit-text.ts';
import { systemdUnit, type UnitOptions } from '../install/unit-text.ts';
import { ownRoot } from '../own-program.ts';
import { commandLine, usageError, type Session } from '../session.ts';
import { loadConfig } from '../up/load-config.ts';
import { keepProgram } from '../versions/keep-program.ts';

/** An orderly stop takes at most this long unless the services' graces add up to more. */
const stopSeconds = { least: 120, most: 900 };

export const command: CommandModule = {
  define(program: Command) {
    program
      .option('--user', 'a unit of yours; the default for everybody but root')
      .option('--system', 'a unit of the machine; needs root')
      .option('--as <user>', 'who runs a system unit; the owner of the folder unless told')
      .option('--manager <name>', 'systemd or launchd; what this machine has unless told')
      .option('--in-place', 'run this program where it is, instead of a copy of it')
      .option('--no-start', 'only enable it')
      .option('--dry-run', 'only print the unit');
  },
  async run(session, input) {
    const stack = loadConfig(session);
    const plan = planOf(session, stack, input);
    const dryRun = input.options['dryRun'] === true;
    if (dryRun) {
      await emit(session, documentOf(plan, { dryRun, started: false }), () => plan.text);
      return exitCodes.ok;
    }
    refuseUnusable(session, plan);
    // Only now: a dry run makes no copy.
    if (input.options['inPlace'] !== true) keepProgram(session);
    writeUnit(session, plan);
    const started = activate(session, plan, input.options['start'] !== false);
    await emit(session, documentOf(plan, { dryRun, started }), () => `${plan.file}\n`);
    sayNext(session, plan, started);
    return exitCodes.ok;
  },
};

type User = Readonly<{ name: string; uid: number; gid: number }>;
type Plan = InstalledUnit & Readonly<{ text: string; runAs: User | null }>;

function planOf(session: Session, stack: Stack, { options }: CommandInput): Plan {
  const manager = managerOf(options['manager']);
  const scope = scopeOf(options);
  const runAs = scope === 'user' ? null : userOf(session, options['as']);
  const unit: UnitOptions = {
    stack: stack.name,
    stackDir: session.paths.stackDir,
    program: options['inPlace'] === true ? join(ownRoot, 'fettle') : keepProgram(session, true),
    path: session.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    scope,
    runAs: runAs?.name ?? null,
    stopSeconds: stopSecondsOf(stack),
    environment: keptVariables(session),
  };
  const text = manager === 'systemd' ? systemdUnit(unit) : launchdPlist(unit);
  return { manager, scope, text, runAs, ...placeOf(session, stack.name, { manager, scope }) };
}

/** Which environment the stack is for is said once, at the install. */
function keptVariables({ env }: Session): Readonly<Record<string, string>> {
  const kept = ['FETTLE_ENV', 'FETTLE_HOME', 'LANG', 'TZ'];
  return Object.fromEntries(kept.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

function managerOf(asked: unknown): Manager {
  const own = process.platform === 'darwin' ? 'launchd' : 'systemd';
  const manager = asked ?? own;
  if (manager === 'systemd' || manager === 'launchd') return manager;
  throw usageError(`${String(asked)} is no service manager`, 'one of: systemd, launchd');
}

function scopeOf(options: CommandInput['options']): Scope {
  const { user, system } = options;
  if (user === true && system === true)
    throw usageError('--user and --system exclude each other', 'choose one');
  if (user !== true && system !== true) return process.getuid?.() === 0 ? 'system' : 'user';
  return system === true ? 'system' : 'user';
}

/** null: root. The state folder belongs to one user, and the daemon must be that one. */
function userOf({ paths }: Session, asked: unknown): User | null {
  const rows = readFileSync('/etc/passwd', 'utf8').split('\n');
  const users = rows.map((row) => row.split(':'));
  const owner = [paths.stateDir, paths.stackDir].find((dir) => existsSync(dir)) ?? '/';
  const uid = String(statSync(owner).uid);
  const row = users.find((one) => (asked === undefined ? one[2] === uid : one[0] === asked));
  if (row !== undefined && row[2] !== '0')
    return { name: row[0] ?? uid, uid: Number(row[2]), gid: Number(row[3]) };
  if (row !== undefined) return null;
  const who = asked === undefined ? `user ${uid}, who owns ${owner},` : `user ${String(asked)}`;
  throw usageError(`${who} is not in /etc/passwd`, 'name one that is: --as deploy');
}

function stopSecondsOf(stack: Stack): number {
  const sum = stack.services.reduce((all, { stopGraceMs }) => all + stopGraceMs / 1_000, 0);
  return Math.min(stopSeconds.most, Math.max(stopSeconds.least, Math.ceil(sum)));
}

/** A stack of the same name in another folder keeps its unit; this one gets a longer name. */
function placeOf(
  session: Session,
  stack: string,
  { manager, scope }: Readonly<{ manager: Manager; scope: Scope }>,
): Readonly<{ unit: string; file: string }> {
  const folder = folderOf(session, manager, scope);
  for (const name of [stack, `${stack}-${session.paths.hash.slice(0, 8)}`]) {
    const unit = manager === 'systemd' ? `fettle-${name}.service` : launchdLabel(name);
    const file = join(folder, manager === 'systemd' ? unit : `${unit}.plist`);
    if (!existsSync(file)) return { unit, file };
    if (stackDirOfUnit(readFileSync(file, 'utf8')) === session.paths.stackDir)
      return { unit, file };
  }
  throw new FettleError('E-INSTALL-TAKEN', `${folder} has units of that name that are not ours`, {
    hint: 'give the stack another name in its config, or remove the unit',
    exitCode: 2,
  });
}

function folderOf({ env }: Session, manager: Manager, scope: Scope): string {
  const home = env['HOME'] ?? '/';
  if (manager === 'launchd')
    return scope === 'user' ? join(home, 'Library/LaunchAgents') : '/Library/LaunchDaemons';
  const config = env['XDG_CONFIG_HOME'] ?? '';
  if (scope === 'user') return join(config === '' ? join(home, '.config') : config, 'systemd/user');
  return '/etc/systemd/system';
}

/** @throws FettleError E-INSTALL-ROOT, E-INSTALL-MANAGER. Nothing was changed. */
function refuseUnusable(session: Session, { manager, scope }: Plan): void {
  if (scope === 'system' && process.getuid?.() !== 0)
    throw new FettleError('E-INSTALL-ROOT', 'a system unit can be installed by root only', {
      hint: `sudo ${commandLine(session, 'install --system')}\nfettle install --user`,
      status: 403,
      exitCode: 5,
    });
  const usable = manager === 'launchd' ? process.platform === 'darwin' : hasSystemd(session, scope);
  if (usable) return;
  const which = manager === 'launchd' ? 'launchd' : `systemd (${scope})`;
  throw new FettleError('E-INSTALL-MANAGER', `no ${which} answers here`, {
    hint: `${commandLine(session, 'install --dry-run')}      prints the unit for another machine`,
    status: 409,
    exitCode: 4,
  });
}

function writeUnit(session: Session, plan: Plan): void {
  try {
    mkdirSync(dirname(plan.file), { recursive: true });
    writeFileSync(plan.file, plan.text, { mode: 0o644 });
    makeFolders(session.paths.stateDir);
    noteUnit(session.paths, unitOf(plan), plan.runAs);
  } catch (cause) {
    throw new FettleError('E-INSTALL-FILE', `${plan.file} cannot be written`, {
      hint: 'check who owns the folder',
      cause,
    });
  }
}

/** @returns whether it was started. @throws FettleError E-INSTALL-START; the unit is taken back. */
function activate(session: Session, plan: Plan, start: boolean): boolean {
  const { scope, unit, manager, file } = plan;
  if (manager === 'launchd') {
    if (start) run(session, 'launchctl', ['load', '-w', file]);
    return start;
  }
  const steps = [['daemon-reload'], ['enable', unit], ...(start ? [['restart', unit]] : [])];
  for (const words of steps) {
    const told = systemctl(session, scope, words);
    if (told.ok) continue;
    systemctl(session, scope, ['disable', '--now', unit]);
    rmSync(file, { force: true });
    forgetUnit(session.paths);
    systemctl(session, scope, ['daemon-reload']);
    throw new FettleError('E-INSTALL-START', `systemctl ${words.join(' ')}: ${told.text}`, {
      hint: `journalctl ${scope === 'user' ? '--user ' : ''}-u ${unit}      says why`,
      status: 500,
    });
  }
  if (scope === 'user') linger(session);
  return start;
}

/** Without it a user's units end with the last session and do not begin at boot. */
function linger(session: Session): void {
  if (run(session, 'loginctl', ['enable-linger']).ok) return;
  const user = session.env['USER'] ?? String(process.getuid?.() ?? '');
  session.output.say(
    `it runs while you are logged in; for a start at boot: sudo loginctl enable-linger ${user}`,
  );
}

function sayNext(session: Session, { manager, scope, unit }: Plan, started: boolean): void {
  session.output.say(`${unit} is installed${started ? ' and runs' : ''}`);
  if (manager !== 'systemd') return;
  const ctl = `systemctl ${scope === 'user' ? '--user ' : ''}`;
  session.output.say(`next: ${ctl}status ${unit} · ${commandLine(session, 'status')}`);
}

function unitOf({ manager, scope, unit, file }: Plan): InstalledUnit {
  return { manager, scope, unit, file };
}

function documentOf(plan: Plan, more: Readonly<{ dryRun: boolean; started: boolean }>): unknown {
  return { schema: 'fettle.install/v1', ...unitOf(plan), ...more, text: plan.text };
}
