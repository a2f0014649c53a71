/** A state folder, services that write into it, and a supervisor that tells of them: for tests. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { RunExit } from '@fettle/core/supervise/run';
import type { LogLine } from '@fettle/sdk/api/documents';
import { afterEach } from 'vitest';
import type { LogQuery } from '../parts.ts';
import { openLogs, type Logs, type LogsOptions } from './logs-part.ts';

export const all: LogQuery = {
  services: [],
  sinceMs: null,
  untilMs: null,
  tail: null,
  grep: null,
  level: null,
};
const crash: RunExit = { kind: 'code', code: 1, posixSignal: null, endedBy: null, atMs: 0 };

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

export type World = Awaited<ReturnType<typeof world>>;

export async function world(limits: LogsOptions['limits'] = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-logs-'));
  const logsDir = join(dir, 'logs');
  const views = new Map<string, InstanceView>();
  const listeners = new Set<(notice: Notice, atMs: number) => void>();
  const link: LogsOptions['link'] = {
    instances: () => [...views.values()],
    onNotice(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onSnapshot: () => () => undefined,
  };
  const start = () =>
    openLogs({
      logsDir,
      runLog: join(dir, 'run.log'),
      link,
      limits: { freeBytes: 0, ...limits },
      onTrouble: (cause) => {
        throw cause;
      },
    });
  let logs: Logs = await start();
  cleanUps.push(async () => {
    await logs.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const change = (instance: string, part: Partial<InstanceView>) => {
    const service = instance.replace(/\.\d+$/, '');
    const before =
      views.get(instance) ??
      ({ instance, service, lastToken: null, lastExit: null } as unknown as InstanceView);
    const view = { ...before, ...part };
    views.set(instance, view);
    for (const listener of listeners)
      listener({ kind: 'instance-changed', view, cause: 'test' }, Date.now());
  };
  const path = (instance: string, token: string) => join(logsDir, instance, `${token}.log`);
  return {
    logsDir,
    path,
    logs: () => logs,
    run(
      instance: string,
      token: string,
      startedAtMs = Date.now(),
      reason: InstanceView['startReason'] = 'crash',
    ) {
      mkdirSync(join(logsDir, instance), { recursive: true });
      appendFileSync(path(instance, token), '');
      const startReason = views.has(instance) ? reason : 'first-start';
      change(instance, { token, startedAtMs, startReason, pid: 7750, state: 'running' });
    },
    end(instance: string, token: string, exit: Partial<RunExit> = {}) {
      const lastExit = { ...crash, atMs: Date.now(), ...exit };
      change(instance, { lastToken: token, lastExit, pid: null, state: 'backing-off' });
    },
    write(instance: string, token: string, text: string | Buffer) {
      appendFileSync(path(instance, token), text);
    },
    async again(meanwhile: () => void = () => undefined) {
      await logs.stop();
      meanwhile();
      logs = await start();
    },
    async read(query: Partial<LogQuery> = {}) {
      const lines: LogLine[] = [];
      for await (const line of logs.query({ ...all, ...query })) lines.push(line);
      return lines;
    },
  };
}

export const texts = (lines: readonly LogLine[]) => lines.map(({ text }) => text);
