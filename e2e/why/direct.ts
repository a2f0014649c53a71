/** Runs a dying program without Fettle, and asks the rules of "why" about its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { explain } from '@fettle/core/loop/diagnose/explain';
import { portsNamed } from '@fettle/core/loop/diagnose/causes/network';
import { endedInput, goldenNowMs } from '@fettle/core/loop/diagnose/causes/golden.contract';
import type { Why } from '@fettle/core/loop/diagnose/why-input';
import { ownerOfPort } from '@fettle/proc/port-owner';
import type { DyingProgram } from './dying-program.ts';
import { pathWithOwnNode, type World } from './world.ts';

export type Death = Readonly<{
  code: number | null;
  posixSignal: string | null;
  lines: readonly string[];
  folder: string;
  why: Why | null;
}>;

/** Writes the program's files into a folder of its own. */
export function layOut(program: DyingProgram, parent: string): string {
  const folder = join(parent, program.name);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(program.files ?? {}))
    writeFileSync(join(folder, name), text);
  return folder;
}

export async function dieDirectly(
  program: DyingProgram,
  world: World,
  parent: string,
): Promise<Death> {
  const folder = layOut(program, parent);
  const output = join(parent, `${program.name}.out`);
  const handle = openSync(output, 'w');
  const [file, ...args] = program.command;
  const startedMs = performance.now();
  const child = spawn(file ?? '', args, {
    cwd: folder,
    env: {
      PATH: pathWithOwnNode(),
      HOME: process.env['HOME'] ?? '/',
      LANG: 'C.UTF-8',
      ...world.environment,
      ...program.environment,
    },
    stdio: ['ignore', handle, handle],
  });
  closeSync(handle);
  const exited = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
  if (program.signal !== undefined) {
    await untilSaid(output, 'ready');
    child.kill(program.signal);
  }
  const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  const lines = readFileSync(output, 'utf8').split('\n').slice(-200);
  const end = asTheShimSees(code, signal);
  const ranMs = Math.round(performance.now() - startedMs);
  const input = endedInput({ command: program.command, ...end }, lines);
  const portOwners = portsNamed(lines, 8).flatMap((port) => {
    const holder = ownerOfPort(port, '127.0.0.1');
    if (holder === null) return [];
    const { pid, command, runningForMs } = holder;
    const kind = 'foreign' as const;
    return [{ port, owner: { pid, command, runningForMs, kind, instance: null } }];
  });
  const exits = [{ ...end, atMs: goldenNowMs - 1_000, ranMs }];
  const environmentNames = ['PATH', 'HOME', ...Object.keys(world.environment)];
  const why = explain({ ...input, portOwners, exits, environmentNames });
  return { ...end, lines, folder, why };
}

/** 128 + n for signal n: a shell cannot tell the two apart. */
function asTheShimSees(
  code: number | null,
  signal: NodeJS.Signals | null,
): Readonly<{ code: number | null; posixSignal: string | null }> {
  if (signal !== null) return { code: 128 + constants.signals[signal], posixSignal: signal };
  const named = Object.entries(constants.signals).find(([, number]) => code === 128 + number);
  return { code, posixSignal: named?.[0] ?? null };
}

async function untilSaid(file: string, word: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!readFileSync(file, 'utf8').includes(word)) {
    if (performance.now() > deadline) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
