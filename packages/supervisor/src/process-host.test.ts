import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok } from 'node:assert/strict';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import type { RunLogEntry } from '@fettle/core/supervise/run-log';
import { spoolFile, statePaths, type StatePaths } from '@fettle/sdk/daemon/paths';
import { adopt } from './adoption.ts';
import { createLimitGroups } from './limits/limit-groups.ts';
import { watchedOf } from './live-run.ts';
import { createProcessHost, type ProcessHost } from './process-host.ts';
import { holdRunHost, type HostStage, type Program } from './run-host.contract.ts';
import { prepareStateFolder } from './state-folder.ts';

const limits = { memoryBytes: null, cpus: null, openFiles: null, processes: null };
const bootId = 'boot';

function commandOf(program: Program): readonly string[] {
  if (program.does === 'is-missing') return ['/no/such/program'];
  // A shell says "Terminated" of the sleep that the group's signal ends.
  const shell = (text: string) => ['/bin/sh', '-c', `exec 2>/dev/null; ${text}`];
  const wait = 'while :; do sleep 0.05; done';
  const says = program.says === undefined ? '' : `echo ${program.says}; `;
  if (program.does === 'ignores') return shell(`trap '' TERM; ${says}${wait}`);
  return program.does === 'exits'
    ? shell(`${says}exit ${program.code}`)
    : shell(`trap 'exit ${program.code}' TERM; ${says}${wait}`);
}

/** Processes of this machine, in a state folder of their own. */
function openStage(): Promise<HostStage> {
  const paths: StatePaths = statePaths(mkdtempSync(join(tmpdir(), 'fettle-host-')), {});
  prepareStateFolder(paths);
  const events: SuperviseEvent[] = [];
  const log: RunLogEntry[] = [{ kind: 'daemon', epoch: 'c0ffee00suite', bootId, atMs: Date.now() }];
  let generation = 0;
  const open = (): ProcessHost => {
    generation += 1;
    const own = generation;
    return createProcessHost({
      paths,
      // Of a host that is gone nothing is heard any more.
      emit: (event) => void (own === generation && events.push(event)),
      ownerOf: () => ({
        pid: null,
        command: null,
        kind: 'unknown',
        instance: null,
        runningForMs: null,
      }),
      groups: createLimitGroups({ hash: paths.hash, enabled: false }),
      mayForget: () => true,
    });
  };
  let host = open();
  const until: HostStage['until'] = async (what, look) => {
    const untilMs = performance.now() + 10_000;
    for (;;) {
      const found = look();
      if (found !== null && found !== undefined && found !== false) return found;
      ok(performance.now() < untilMs, `no ${what}: ${JSON.stringify(events)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const pidOf = (token: string): Promise<number> =>
    until(`pid of ${token}`, () => host.runs.get(token)?.pid);
  return Promise.resolve({
    start(token, program) {
      const [nowMs, atMs] = [performance.now(), Date.now()];
      const intent = { token, instance: 'one.1', port: null, configHash: '', nowMs, atMs } as const;
      log.push({ kind: 'intent', reason: 'first-start', ...intent });
      const effect = {
        kind: 'spawn',
        token,
        instance: 'one.1',
        command: commandOf(program),
        workingDir: paths.stackDir,
        environment: { FETTLE_RUN: token, FETTLE_INSTANCE: 'one.1' },
        limits,
        templates: [],
        configHash: '',
      } as const;
      host.start(effect, { host: '127.0.0.1', port: null, crowd: null });
    },
    signal: (token, posixSignal) => host.signal(token, posixSignal),
    killTree: (token) => host.killTree(token),
    continueTree: (token) => host.continueTree(token),
    killOutside: async (token) => void process.kill(await pidOf(token), 'SIGKILL'),
    freezeOutside: async (token) => void process.kill(await pidOf(token), 'SIGSTOP'),
    takeOver() {
      host.stop();
      generation += 1;
      const { survivors, runs, leftovers } = adopt(paths, log, bootId);
      host = open();
      host.adopt(
        runs.map((run) => ({ ...run, host: '127.0.0.1', held: [], watched: watchedOf([]) })),
        leftovers,
      );
      for (const { token, exit } of survivors)
        if (exit !== null) events.push({ kind: 'run-exited', token, exit });
    },
    output: (token) => printed(spoolFile(paths, 'one.1', token)),
    events,
    until,
    async close() {
      const tokens = [...host.runs.keys()];
      for (const token of tokens) host.killTree(token);
      await until('an empty stage', () => tokens.every((token) => !host.runs.has(token)));
      host.stop();
      rmSync(paths.stackDir, { recursive: true, force: true });
    },
  });
}

function printed(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

holdRunHost('processes', openStage);
