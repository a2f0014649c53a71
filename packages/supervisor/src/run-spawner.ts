/**
 * Starts one run: templates, checks, spool, then the shim in a session of its own. One of a crowd
 * is handed to a shell that starts many (`launcher.ts`) and is known when its pid record is there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { readProcessStat } from '@fettle/proc/process-stat';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import { giveFiles } from '@fettle/sdk/daemon/give-files';
import { spoolFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import { checkCommand, type CommandTrouble } from './command-check.ts';
import type { RunGroup } from './limits/limit-groups.ts';
import type { Launcher } from './launcher.ts';
import { log } from './own-log.ts';
import { withNotifySocket } from './notify-socket.ts';
import type { StartRun } from './run-host.ts';
import { shimArguments, type ShimRequest } from './shim-script.ts';
import { closeSpool, openSpool } from './spool.ts';
import { renderTemplateFiles, type WrittenTemplate } from './template-files.ts';

export type Spawned = Readonly<{
  child: ChildProcess;
  shimPid: number;
  shimTicks: number | null;
}>;

export type SpawnPlace = Readonly<{
  paths: StatePaths;
  base: Readonly<Record<string, string>>;
  /** null: this run is started at once, by ourselves. */
  launcher: Launcher | null;
  group: RunGroup;
  onWritten: (written: WrittenTemplate) => void;
}>;

/** What of our own environment a service does not see. */
const ownVariable =
  /^(FETTLE_|npm_|NODE_CHANNEL_|OLDPWD$|SHLVL$|_$|INIT_CWD$|NOTIFY_SOCKET$|WATCHDOG_|LISTEN_(PID|FD))/;

export function baseEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const base: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && !ownVariable.test(name)) base[name] = value;
  return base;
}

export function spawnRun(
  effect: StartRun,
  { paths, base, launcher, group, onWritten }: SpawnPlace,
): Spawned | 'launched' | CommandTrouble {
  const { command, workingDir, limits } = effect;
  const environment: Record<string, string> = { ...base, ...effect.environment, PWD: workingDir };
  const trouble =
    checkCommand(command, workingDir, environment['PATH'] ?? '') ??
    giveOrSay(effect.given) ??
    renderTemplateFiles(effect.templates, {
      workingDir,
      environment,
      stateDir: paths.stateDir,
      onWritten,
    });
  if (trouble !== null) return trouble;
  try {
    // Somebody may have deleted the state folder under us: the shim needs a place for its records.
    makeFolders(paths.runsDir);
  } catch (cause) {
    log('warn', 'no folder for records of runs', { cause });
  }
  const notified =
    effect.notify === undefined
      ? { command, environment: {} }
      : withNotifySocket(effect.notify, effect.token, command, paths);
  if ('code' in notified) return notified;
  Object.assign(environment, notified.environment);
  const file = spoolFile(paths, effect.instance, effect.token);
  const spool = openSpool(file);
  if (spool === null) log('warn', 'no spool: output is lost', { instance: effect.instance });
  const shim: ShimRequest = {
    recordPrefix: join(paths.runsDir, effect.token),
    births: null,
    openFiles: limits.openFiles,
    processes: limits.userProcesses ?? null,
    groups: group.folders,
    oomFile: group.oomFile,
    command: notified.command,
    environment,
  };
  try {
    const added = { ...effect.environment, ...notified.environment };
    const launch = { shim, added, workingDir, spool: spool === null ? null : file };
    if (launcher !== null && launcher.launch(effect.token, launch)) return 'launched';
    return spawnShim(effect, shim, spool ?? 'ignore');
  } finally {
    if (spool !== null) closeSpool(spool);
  }
}

export function giveOrSay(given: StartRun['given']): CommandTrouble | null {
  const message = given === undefined ? null : giveFiles(given);
  return message === null ? null : { code: 'E-GIVEN', message };
}

function spawnShim(
  effect: StartRun,
  shim: ShimRequest,
  output: number | 'ignore',
): Spawned | CommandTrouble {
  try {
    const child = spawn('/bin/sh', shimArguments(shim), {
      cwd: effect.workingDir,
      env: shim.environment,
      detached: true,
      stdio: ['ignore', output, output],
    });
    // Told by `pid`; without a listener the event would end us.
    child.on('error', (cause) =>
      log('error', 'spawn failed', { instance: effect.instance, cause }),
    );
    if (child.pid === undefined) return failed('the system cannot start another process');
    child.unref();
    const shimTicks = readProcessStat(child.pid)?.startTicks ?? null;
    return { child, shimPid: child.pid, shimTicks };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function failed(message: string): CommandTrouble {
  return { code: 'EAGAIN', message };
}
