/** Real processes on free ports for the exam's tests; all of them end with the test. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceExam } from '@fettle/core/loop/collect/exam';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { aService, aStack, aView } from '../../controller.kit.ts';
import { examineService } from './examine-service.ts';

export type Started = Readonly<{ pid: number; said: string; kill(signal: NodeJS.Signals): void }>;

export type Bench = Readonly<{
  dir: string;
  /** A Node program that prints one line once it is ready; `token` names its run. */
  run(program: string, token: string): Promise<Started>;
  exam(
    service: string,
    services: readonly Service[],
    over?: Readonly<{ views?: readonly InstanceView[]; lines?: readonly string[] }>,
  ): Promise<ServiceExam>;
  close(): void;
}>;

export function openBench(): Bench {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-exam-'));
  const children: ChildProcess[] = [];
  return {
    dir,
    async run(program, token) {
      const child = spawn(process.execPath, ['-e', program], {
        cwd: dir,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env['PATH'], FETTLE_RUN: token },
      });
      children.push(child);
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      return {
        pid: child.pid ?? 0,
        said: String(said).trim(),
        kill: (signal) => void child.kill(signal),
      };
    },
    exam(name, services, { views = [], lines = [] } = {}) {
      const stack = aStack(services);
      return examineService(name, {
        link: {
          stack: () => stack,
          instances: () => views,
          instance: (id) => views.find(({ instance }) => instance === id) ?? null,
        },
        logs: { tail: () => Promise.resolve(lines) },
        nowMs: Date.now,
        runsDir: join(dir, 'runs'),
        files: null,
        names: null,
      });
    },
    close() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** `api` on `port`, as the live run `token` of process `pid`. */
export function liveView(name: string, pid: number, token: string, port: number): InstanceView {
  const allocation = { instance: `${name}.1`, port, host: '127.0.0.1', fallbackFrom: null };
  return aView(name, { pid, shimPid: null, token, port: allocation });
}

/** `api` that depends on `db`. */
export function needing(dependency: string, over: Partial<Service> = {}): Service {
  const condition = 'service_started';
  const need = { service: dependency, condition, required: true, restart: false } as const;
  return aService('api', { dependsOn: [need], ...over });
}
