/** For tests: a real HTTP server on a stack's real socket path, answering canned documents. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { livePaths, statePaths } from '@fettle/sdk/daemon/paths';
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import type { Interrupts } from './interrupts.ts';
import { runCli } from './run-cli.ts';

export type Heard = Readonly<{ method: string; path: string; body: string }>;

export type FakeDaemon = Readonly<{
  dir: string;
  heard: Heard[];
  /** Path with query to the document, or to what makes it; a status above 399 is a problem. */
  answers: Map<string, unknown>;
  run(...words: string[]): Promise<Ran>;
  close(): void;
}>;
export type Ran = Readonly<{ code: number; stdout: string; stderr: string }>;

export const plainEnv = { LANG: 'C.UTF-8', NO_COLOR: '1' };

/** `running: false`: only the folder. */
export async function fakeDaemon(running = true): Promise<FakeDaemon> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-cli-'));
  const runtime = mkdtempSync(join(tmpdir(), 'fettle-run-'));
  const env = { ...plainEnv, XDG_RUNTIME_DIR: runtime };
  const paths = statePaths(dir, env);
  const heard: Heard[] = [];
  const answers = new Map<string, unknown>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const path = request.url ?? '';
      heard.push({ method: request.method ?? '', path, body });
      const found = answers.get(path) ?? answers.get(path.split('?')[0] ?? '');
      const document: unknown = typeof found === 'function' ? found() : found;
      if (document === undefined) response.writeHead(404).end('{}');
      else response.writeHead(200, { 'content-type': 'application/json' });
      response.end(typeof document === 'string' ? document : JSON.stringify(document));
    });
  });
  if (running) {
    mkdirSync(paths.stateDir, { recursive: true });
    mkdirSync(paths.runtimeDir, { recursive: true });
    const daemon = {
      supervisorPid: process.pid,
      controllerPid: process.pid,
      url: 'http://127.0.0.1:7700',
      socket: paths.controllerSocket,
      version: '0.1.0',
    };
    writeFileSync(paths.daemonFile, JSON.stringify(daemon));
    await new Promise<void>((resolve) =>
      server.listen(livePaths(dir, env).controllerSocket, resolve),
    );
  }
  return {
    dir,
    heard,
    answers,
    run: (...words) => runWords(words, dir, env),
    close() {
      server.closeAllConnections();
      server.close();
      for (const folder of [dir, runtime]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function runWords(
  words: readonly string[],
  dir: string,
  env: Record<string, string>,
): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: false,
    write: (text: string) => {
      written[name] += text;
      return true;
    },
  });
  const code = await runCli(['-C', dir, ...words], {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env,
    interrupts: quiet(),
  });
  return { code, ...written };
}

export function quiet(): Interrupts {
  return { signal: new AbortController().signal, exitCode: 0, onSecond: null };
}

export function service(over: Partial<ServiceStatus>): ServiceStatus {
  return {
    name: 'api',
    state: 'ok',
    pid: 811,
    port: 8000,
    restarts: 0,
    since: '2026-11-21T10:00:00Z',
    why: null,
    required: true,
    external: false,
    dependsOn: [],
    dependants: [],
    memoryBytes: null,
    cpuRatio: null,
    lastChecks: [],
    configNewerThanProcess: false,
    labels: {},
    instances: [],
    ...over,
  };
}

export function statusOf(...services: readonly ServiceStatus[]): StatusDocument {
  return {
    schema: 'fettle.status/v1',
    stack: 'shop',
    dir: '/srv/shop',
    summary: `${services.length} services`,
    health: 'healthy',
    services,
    configChanged: null,
    daemon: {
      supervisorPid: 1,
      controllerPid: 2,
      supervisorConnected: true,
      version: '0.1.0',
      url: 'http://127.0.0.1:7700',
    },
    at: '2026-11-21T12:00:00Z',
  };
}
