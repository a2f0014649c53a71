/** The suite of all hosts, on a real Docker Engine: keeper process, socket, engine, containers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listContainers } from '@fettle/containers/ensure-container';
import { tidyStack } from '@fettle/containers/tidy-stack';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import { containersSocket, spoolFile, statePaths } from '@fettle/sdk/daemon/paths';
import { createContainerHost } from '@fettle/supervisor/container-host';
import { holdRunHost, type HostStage, type Program } from '@fettle/supervisor/run-host.contract';
import { afterAll, beforeAll, describe } from 'vitest';
import { until as waitUntil } from '../robustness/rough-stack.ts';
import { startEngine, whyNoEngine, type TestEngine } from './engine.kit.ts';

const keeperMain = fileURLToPath(
  new URL('../../packages/containers/dist/main.js', import.meta.url),
);
const limits = { memoryBytes: null, cpus: null, openFiles: null, processes: null };
const missing = whyNoEngine();
if (missing !== null && process.env['CI'] !== undefined) throw new TypeError(missing);

let engine: TestEngine;

function commandOf(program: Program): readonly string[] {
  if (program.does === 'is-missing') return ['/no/such/program'];
  const wait = 'while :; do sleep 0.05; done';
  const says = program.says === undefined ? '' : `echo ${program.says}; `;
  if (program.does === 'ignores') return ['sh', '-c', `trap '' TERM; ${says}${wait}`];
  const text =
    program.does === 'exits'
      ? `${says}exit ${program.code}`
      : `trap 'exit ${program.code}' TERM; ${says}${wait}`;
  return ['sh', '-c', text];
}

async function openStage(): Promise<HostStage> {
  const dir = mkdtempSync(join(tmpdir(), 'fc-'));
  const env = { ...process.env, ...engine.env, XDG_RUNTIME_DIR: join(dir, 'run') };
  mkdirSync(join(dir, '.fettle'));
  const paths = statePaths(dir, env);
  const events: SuperviseEvent[] = [];
  const tokens = new Set<string>();
  const startKeeper = (): ChildProcess =>
    spawn(process.execPath, [keeperMain], {
      env: { ...env, FETTLE_STACK_DIR: dir },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const openHost = () =>
    createContainerHost({
      socketPath: containersSocket(paths),
      emit: (event) => void events.push(event),
      instances: () => ['one.1'],
    });
  let keeper = startKeeper();
  let host = openHost();
  const endKeeper = async (): Promise<void> => {
    const gone = once(keeper, 'exit');
    keeper.kill('SIGKILL');
    await gone;
  };
  const idOf = async (): Promise<string> => {
    const [found] = await listContainers(engine.engine, paths.hash, 'one.1');
    if (found === undefined) throw new TypeError('no container');
    return found.Id;
  };
  return {
    start(token, program) {
      tokens.add(token);
      const launch = {
        stack: 'suite',
        service: 'one',
        replica: 1,
        container: engine.container({}),
        port: null,
        relays: [],
      };
      const effect = {
        kind: 'spawn',
        token,
        instance: 'one.1',
        command: commandOf(program),
        workingDir: dir,
        environment: {},
        limits,
        templates: [],
        configHash: '',
        launch,
      } as const;
      host.start(effect, { host: '127.0.0.1', port: null, crowd: null });
    },
    signal: (token, posixSignal) => host.signal(token, posixSignal),
    killTree: (token) => host.killTree(token),
    continueTree: (token) => host.continueTree(token),
    async killOutside() {
      const path = `/containers/${await idOf()}/json`;
      const { State } = await engine.engine.ask<{ State: { Pid: number } }>('GET', path);
      process.kill(State.Pid, 'SIGKILL');
    },
    freezeOutside: async () =>
      void (await engine.engine.ask('POST', `/containers/${await idOf()}/pause`)),
    async takeOver() {
      host.stop();
      await endKeeper();
      keeper = startKeeper();
      host = openHost();
      const lived = [...tokens].filter(
        (token) => !events.some((one) => one.kind === 'run-exited' && one.token === token),
      );
      host.adopt(lived.map((token) => ({ token, instance: 'one.1' })));
    },
    output: (token) => printed(spoolFile(paths, 'one.1', token)),
    events,
    until: (what, look) =>
      waitUntil(
        () => look(),
        (found) => found !== null && found !== undefined && found !== false,
        20_000,
      ).catch((cause: unknown) => {
        throw new TypeError(`no ${what}: ${JSON.stringify(events)}`, { cause });
      }) as never,
    async close() {
      host.stop();
      await endKeeper();
      await tidyStack(engine.engine, paths.hash);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function printed(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

describe.skipIf(missing !== null)(`containers${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    engine = await startEngine();
  }, 60_000);
  afterAll(() => engine.stop());
  holdRunHost('containers', openStage);
});
