/** Starts one run: templates, checks, spool, then the shim in a session of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import { readProcessStat } from '@fettle/proc/process-stat';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import { spoolFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import { checkCommand, type CommandTrouble } from './command-check.ts';
import { log } from './own-log.ts';
import { shimArguments } from './shim-script.ts';
import { closeSpool, openSpool } from './spool.ts';
import { renderTemplateFiles } from './template-files.ts';

export type SpawnRun = Extract<SuperviseEffect, { kind: 'spawn' }>;
export type Spawned = Readonly<{
  child: ChildProcess;
  shimPid: number;
  shimTicks: number | null;
}>;

/** What of our own environment a service does not see. */
const ownVariable = /^(FETTLE_|npm_|NODE_CHANNEL_|OLDPWD$|SHLVL$|_$|INIT_CWD$)/;

export function baseEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const base: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && !ownVariable.test(name)) base[name] = value;
  return base;
}

export function spawnRun(
  effect: SpawnRun,
  paths: StatePaths,
  base: Readonly<Record<string, string>>,
): Spawned | CommandTrouble {
  const { command, workingDir, limits } = effect;
  const environment: Record<string, string> = { ...base, ...effect.environment, PWD: workingDir };
  const trouble =
    checkCommand(command, workingDir, environment['PATH'] ?? '') ??
    renderTemplateFiles(effect.templates, workingDir, environment);
  if (trouble !== null) return trouble;
  const spool = openSpool(spoolFile(paths, effect.instance, effect.token));
  if (spool === null) log('warn', 'no spool: output is lost', { instance: effect.instance });
  const output = spool ?? 'ignore';
  const args = shimArguments({
    recordPrefix: join(paths.runsDir, effect.token),
    openFiles: limits.openFiles,
    processes: limits.processes,
    command,
    environment,
  });
  try {
    // Somebody may have deleted the state folder under us: the shim needs a place for its records.
    makeFolders(paths.runsDir);
  } catch (cause) {
    log('warn', 'no folder for records of runs', { cause });
  }
  try {
    const child = spawn('/bin/sh', args, {
      cwd: workingDir,
      env: environment,
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
  } finally {
    if (spool !== null) closeSpool(spool);
  }
}

function failed(message: string): CommandTrouble {
  return { code: 'EAGAIN', message };
}
