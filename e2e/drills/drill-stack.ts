/**
 * A running stack with hands on it: what plays which part, how to make a program misbehave, and the
 * drill's own eyes, which owe nothing to Fettle.
 */
import { readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import { readDaemonFile, livePaths } from '@fettle/sdk/daemon/paths';
import type { Answer } from '../live-shop.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { Language } from './generated/program-plan.ts';
import { loopClient, type LoopClient } from './loop-client.ts';

/** One program of a stack; a path is null where it has no such thing. */
export type Program = Readonly<{
  service: string;
  language: Language;
  /** HTTP path of its health check, and one that makes it work. */
  health: string | null;
  work: string | null;
  /** Absolute: its configuration, its variables, its password, its jobs, its data. */
  config: string | null;
  env: string | null;
  secret: string | null;
  jobs: string | null;
  folder: string | null;
  /** Where its package would be missed. */
  module: string | null;
  memoryLimitMb: number | null;
  /** Does its log tell how long requests take? */
  timed: boolean;
}>;

export type Parts = Readonly<{
  database: Program & Readonly<{ port: number; maxClients: number | null }>;
  /** HTTP services that ask the database, where Fettle or their configuration says it is. */
  apis: readonly Program[];
  /** HTTP services that need no database. */
  plain: readonly Program[];
  /** Has the address of its database in its configuration. */
  configured: Program | null;
  /** Reaches its database over the fault proxy. */
  linked: Readonly<{ program: Program; proxy: FaultProxy }> | null;
  front: Program;
  worker: Program;
  consumer: Program | null;
  writer: Program | null;
  peer: Program;
  bridge: Program;
  secure: Readonly<{ program: Program; folder: string; caller: string }> | null;
  packaged: Program | null;
  customers: Program;
  batch: Program | null;
  /** An outside service that is nice to have: the switch turns it off and on. */
  partner: Readonly<{ service: string; switch(on: boolean): Promise<void> }> | null;
}>;

export type DrillStack = Readonly<{
  kind: 'shop' | 'generated';
  seed: string;
  dir: string;
  parts: Parts;
  /** Folder on a small disk of its own; null: nothing could be mounted here. */
  disk: string | null;
  loop: LoopClient;
  fettle(...words: string[]): Promise<Answer>;
  /** One line to a program's inside; empty: behave. */
  tell(service: string, line: string): void;
  close(): Promise<void>;
}>;

export async function serviceOf(stack: DrillStack, name: string): Promise<ServiceStatus> {
  const found = (await stack.loop.status()).services.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`no service ${name} in ${stack.dir}`);
  return found;
}

export async function pidOf(stack: DrillStack, name: string): Promise<number> {
  return until(`a pid of ${name}`, async () => (await serviceOf(stack, name)).pid);
}

export async function portOf(stack: DrillStack, name: string): Promise<number> {
  return until(`a port of ${name}`, async () => (await serviceOf(stack, name)).port);
}

export type Heard = Readonly<{ status: number; body: string; tookMs: number }>;

/** GET of our own on a new connection; status 0: no answer in time, or none at all. */
export function ask(port: number, path: string, timeoutMs = 1_000): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>();
  const beganMs = performance.now();
  const heard = (status: number, body: string): void =>
    resolve({ status, body, tookMs: performance.now() - beganMs });
  const asked = get({ host: '127.0.0.1', port, path, agent: false, timeout: timeoutMs });
  asked.on('response', (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (body += chunk));
    response.on('error', () => heard(0, body));
    response.on('end', () => heard(response.statusCode ?? 0, body));
  });
  asked.on('timeout', () => asked.destroy());
  asked.on('error', (error) => heard(0, error.message));
  return promise;
}

/** Asks a service where it listens now; status 0 also when it has no port. */
export async function askService(
  stack: DrillStack,
  name: string,
  path: string | null,
  timeoutMs = 1_000,
): Promise<Heard> {
  const { port } = await serviceOf(stack, name);
  if (port === null || path === null) return { status: 0, body: 'no port', tookMs: 0 };
  return ask(port, path, timeoutMs);
}

const pollMs = 150;

/** Asks again until there is something. @throws RangeError when there is nothing in time. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | false | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const limitMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false && found !== undefined) return found;
    if (performance.now() > limitMs)
      throw new RangeError(`waited ${Math.round(timeoutMs / 1_000)} s for ${what}`);
    await pause(pollMs);
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Answers whether it came true within the time, and after how long. */
export async function comesTrue(
  look: () => Promise<boolean>,
  timeoutMs: number,
): Promise<number | null> {
  const beganMs = performance.now();
  for (;;) {
    if (await look().catch(() => false)) return performance.now() - beganMs;
    if (performance.now() - beganMs > timeoutMs) return null;
    await pause(pollMs);
  }
}

/** Not ok in a way that is not wanted; `done` and `stopped` are what was asked for. */
export const isUnwell = ({ state, required, external }: ServiceStatus): boolean =>
  !['ok', 'done', 'stopped'].includes(state) && (required || !external);

export const unwell = (status: StatusDocument): readonly string[] =>
  status.services.filter(isUnwell).map(({ name }) => name);

/** Names of all that need `name`, over any number of steps. */
export function dependantsOf(status: StatusDocument, name: string): readonly string[] {
  const found = new Set<string>();
  const visit = (one: string): void => {
    for (const next of status.services.find((row) => row.name === one)?.dependants ?? [])
      if (!found.has(next)) {
        found.add(next);
        visit(next);
      }
  };
  visit(name);
  return [...found];
}

/** What every kind of stack has alike, once it is up. */
export function common(
  dir: string,
  controls: string,
): Pick<DrillStack, 'loop'> & Pick<DrillStack, 'tell'> {
  const daemon = () => readDaemonFile(livePaths(dir).daemonFile);
  return {
    loop: loopClient(() => daemon()?.url ?? null),
    tell(service, line) {
      if (line === '') rmSync(join(controls, service), { force: true });
      else writeFileSync(join(controls, service), `${line}\n`);
    },
  };
}

/** Pids of processes that work in a folder or name it. */
export function processesIn(pids: readonly number[], dir: string): readonly number[] {
  return pids.filter((pid) => {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`).startsWith(dir)) return true;
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir);
    } catch {
      return false;
    }
  });
}
