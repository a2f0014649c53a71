/** Runs dying programs through `./fettle up -d`, and reads `status --json`. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import { layOut } from './direct.ts';
import type { DyingProgram } from './dying-program.ts';
import { pathWithOwnNode, type World } from './world.ts';

const launcher = fileURLToPath(new URL('../../fettle', import.meta.url));

export type Answer = Readonly<{ code: number; stdout: string; stderr: string }>;

/** Runs the CLI in the folder of a stack; the services find our Node first. */
export function fettle(dir: string, ...args: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const options = {
      timeout: 60_000,
      maxBuffer: 32 * 1_024 * 1_024,
      env: { ...process.env, PATH: pathWithOwnNode() },
    };
    execFile(launcher, ['-C', dir, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Writes a stack whose services are the programs; names are the programs' names. */
export function writeStack(
  dir: string,
  programs: readonly DyingProgram[],
  world: World,
  more: Readonly<Record<string, object>> = {},
): void {
  mkdirSync(dir, { recursive: true });
  const services: Record<string, object> = { ...more };
  for (const program of programs) {
    const folder = layOut(program, dir);
    services[program.name] = {
      command: program.command.map(literal),
      working_dir: folder,
      environment: { ...world.environment, ...program.environment },
    };
  }
  writeFileSync(join(dir, 'fettle.json'), JSON.stringify({ name: 'dying', services }, null, 2));
}

/** Compose interpolates `$NAME`; the programs' shells shall see it. */
const literal = (word: string): string => word.replaceAll('$', '$$$$');

export async function statusOf(dir: string): Promise<readonly ServiceStatus[]> {
  const { stdout } = await fettle(dir, 'status', '--json');
  try {
    return (JSON.parse(stdout) as StatusDocument).services ?? [];
  } catch {
    return [];
  }
}

/**
 * Asks again and again until each row was right once, or the time is up: who dies again and again
 * is `starting` in between. Answers the right row of each, else its last one.
 */
export async function untilTold(
  dir: string,
  fits: (row: ServiceStatus) => boolean,
  withinMs: number,
): Promise<ReadonlyMap<string, Readonly<{ row: ServiceStatus; right: boolean }>>> {
  const deadline = performance.now() + withinMs;
  const told = new Map<string, Readonly<{ row: ServiceStatus; right: boolean }>>();
  for (;;) {
    for (const row of await statusOf(dir))
      if (told.get(row.name)?.right !== true) told.set(row.name, { row, right: fits(row) });
    const all = told.size > 0 && [...told.values()].every(({ right }) => right);
    if (all || performance.now() > deadline) return told;
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
  }
}
