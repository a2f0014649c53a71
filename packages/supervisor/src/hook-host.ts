/**
 * Runs hooks: each a child of ours in a group of its own, whose output goes to the log of the run
 * that it belongs to. Translates, never decides.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import { spoolFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import { checkCommand } from './command-check.ts';
import { log } from './own-log.ts';
import { baseEnvironment, giveOrSay } from './run-spawner.ts';
import { sendSignal } from './send-signal.ts';
import { closeSpool, openSpool } from './spool.ts';

export type RunHook = Extract<SuperviseEffect, { kind: 'run-hook' }>;
export type HookHost = Readonly<{
  run(effect: RunHook): void;
  kill(id: string): void;
}>;

/** Between the request to end and the kill. */
const graceMs = 5_000;

export function createHookHost(paths: StatePaths, emit: (event: SuperviseEvent) => void): HookHost {
  const base = baseEnvironment(process.env);
  const live = new Map<string, ChildProcess>();
  return {
    run(effect) {
      const { id, instance, token } = effect;
      const end = (outcome: string): void => emit({ kind: 'hook-ended', id, outcome });
      const environment: Record<string, string> = {
        ...base,
        ...effect.environment,
        PWD: effect.workingDir,
      };
      const trouble =
        giveOrSay(effect.given) ??
        checkCommand(effect.command, effect.workingDir, environment['PATH'] ?? '');
      if (trouble !== null) return later(() => end(`cannot be run: ${trouble.message}`));
      const spool = openSpool(spoolFile(paths, instance, token));
      const child = start(effect, environment, spool);
      if (child === null) {
        if (spool !== null) closeSpool(spool);
        return later(() => end('cannot be run: the system cannot start another process'));
      }
      live.set(id, child);
      child.once('exit', (code, posixSignal) => {
        if (live.get(id) === child) live.delete(id);
        const how =
          posixSignal === null ? `ended with exit ${code}` : `was ended by ${posixSignal}`;
        if (spool !== null) closeSpool(spool);
        end(code === 0 ? 'ok' : how);
      });
    },
    kill(id) {
      const child = live.get(id);
      if (child?.pid === undefined) return;
      const { pid } = child;
      sendSignal(-pid, 'SIGTERM');
      const timer = setTimeout(() => sendSignal(-pid, 'SIGKILL'), graceMs);
      child.once('exit', () => clearTimeout(timer));
    },
  };
}

/** The policy is never called while it waits for the effect to be carried out. */
function later(tell: () => void): void {
  setImmediate(tell);
}

function start(
  { command: [file = '', ...words], workingDir, instance }: RunHook,
  environment: Readonly<Record<string, string>>,
  spool: number | null,
): ChildProcess | null {
  const output = spool ?? 'ignore';
  try {
    const child = spawn(file, words, {
      cwd: workingDir,
      env: environment,
      detached: true,
      stdio: ['ignore', output, output],
    });
    // Told by `pid`; without a listener the event would end us.
    child.on('error', (cause) => log('error', 'spawn of a hook failed', { instance, cause }));
    child.unref();
    return child.pid === undefined ? null : child;
  } catch (cause) {
    log('error', 'spawn of a hook failed', { instance, cause });
    return null;
  }
}
