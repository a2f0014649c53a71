/**
 * Starts many runs at once through a few shells: `launch-script.ts` says how.
 *
 * Each spawn of Node forks the whole supervisor and holds its thread until the child has begun,
 * 2 to 4 ms; a shell forks in 0.2, and beside us. What a shell has not let go is in its process
 * group, by which the next daemon ends it before it looks for what was born (`adoption.ts`).
 */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { birthFiles, readBirths } from '@fettle/sdk/daemon/birth-record';
import { launchCommand, launchScript, type ShimLaunch } from './launch-script.ts';
import { log } from './own-log.ts';

export type Launcher = Readonly<{
  /** Goes out with others, at the latest with `send`; false: it must be started by itself. */
  launch(token: string, launch: ShimLaunch): boolean;
  send(): void;
  /** The file in which the birth of this run is noted; null: it was not launched here. */
  birthsOf(token: string): string | null;
  /** Takes up the records that former daemons had made for these runs. */
  adopt(tokens: ReadonlySet<string>): void;
  /** Its records are not needed any more. */
  forget(token: string): void;
}>;

export type LauncherOptions = Readonly<{
  runsDir: string;
  /** What the shells carry as FETTLE_RUN. */
  token: string;
  base: Readonly<Record<string, string>>;
}>;

/** Runs of one shell. */
type Batch = Readonly<{ births: string; tokens: Set<string>; commands: string[] }>;

/** One shell's worth: fewer cost more forks of ours, more begin later. The first shell goes early. */
const commandsOfFirst = 8;
const commandsOfNext = 25;

export function createLauncher({ runsDir, token, base }: LauncherOptions): Launcher {
  /** null: this system has no setsid(1). */
  const setsid = ['/usr/bin/setsid', '/bin/setsid'].find((file) => existsSync(file)) ?? null;
  const batches = new Map<string, Batch>();
  let count = 0;
  let isFirst = true;
  const nextBatch = (): Batch => {
    count += 1;
    const name = `${process.pid}-${Date.now().toString(36)}-${count}.born`;
    return { births: join(runsDir, name), tokens: new Set(), commands: [] };
  };
  let batch = nextBatch();
  const send = (): void => {
    const { commands } = batch;
    if (commands.length === 0) return;
    batch = nextBatch();
    start(commands, { ...base, FETTLE_RUN: token });
  };
  return {
    launch(run, launch) {
      if (setsid === null) return false;
      const shim = { ...launch.shim, births: batch.births };
      const command = launchCommand({ ...launch, shim }, setsid);
      if (command === null) return false;
      batch.commands.push(command);
      batch.tokens.add(run);
      batches.set(run, batch);
      if (batch.commands.length < (isFirst ? commandsOfFirst : commandsOfNext)) return true;
      isFirst = false;
      send();
      return true;
    },
    send() {
      isFirst = true;
      send();
    },
    birthsOf: (run) => batches.get(run)?.births ?? null,
    adopt(runs) {
      for (const births of birthFiles(runsDir)) {
        const all = readBirths(births).map((birth) => birth.token);
        const tokens = new Set(all.filter((one) => runs.has(one)));
        for (const one of tokens) batches.set(one, { births, tokens, commands: [] });
      }
    },
    forget(run) {
      const { tokens, births } = batches.get(run) ?? {};
      batches.delete(run);
      tokens?.delete(run);
      if (tokens?.size === 0 && births !== undefined) rmSync(births, { force: true });
    },
  };
}

function start(commands: readonly string[], env: Record<string, string>): void {
  const shell = spawn('/bin/sh', ['-s'], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Runs that never begin are noticed by the policy, which waits a while for each.
  shell.on('error', (cause) => log('error', 'spawn of a launcher failed', { cause }));
  shell.stdin.on('error', (cause) => log('error', 'a launcher did not read', { cause }));
  shell.stdin.end(launchScript(commands));
  shell.unref();
}

/** `<8 digits of the state folder's hash>launcher-<pid>`: no run has such a token. */
export function launcherToken(hash: string): string {
  return `${hash.slice(0, 8)}launcher-${process.pid}`;
}

export function isLauncherToken(token: string, hash: string): boolean {
  return token.startsWith(`${hash.slice(0, 8)}launcher-`);
}
