/**
 * What every command gets: where the stack is, how to talk, how to reach the daemon, when to stop.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { configNames } from '@fettle/config/source/find-files';
import { createClient, type FettleClient } from '@fettle/sdk/client';
import { FettleError } from '@fettle/sdk/fettle-error';
import { unixSocketTransport } from '@fettle/sdk/transports/unix-socket';
import { livePaths, type StatePaths } from '@fettle/sdk/daemon/paths';
import type { Interrupts } from './interrupts.ts';
import type { Output } from './output.ts';

export type OutputFormat =
  | 'table'
  | 'wide'
  | 'json'
  | 'ndjson'
  | 'yaml'
  | 'markdown'
  | 'github'
  | 'mermaid'
  | 'dot'
  | 'pid';

/** Flags that mean the same everywhere. */
export type CommonFlags = Readonly<{
  /** Absolute folder of the stack: see `findStackDir`. */
  dir: string;
  /** As typed; null: the usual names. */
  file: string | null;
  /** The same, absolute. */
  configFile: string | null;
  format: OutputFormat;
  quiet: boolean;
  verbose: boolean;
  /** false: never ask. */
  input: boolean;
}>;

/** What there is to type; given to commands so that none has to know the others. */
export type Surface = Readonly<{
  /** Verbs and their aliases. */
  words: readonly string[];
  isCommand(word: string): boolean;
  /** What may follow a verb. */
  completes(verb: string): 'services' | readonly string[];
  /** null: of the program itself. */
  flagsOf(verb: string | null): Promise<readonly string[]>;
  /** null: no such command. */
  helpOn(verb: string | null): Promise<string | null>;
}>;

export type Session = Readonly<{
  flags: CommonFlags;
  output: Output;
  env: Readonly<Record<string, string | undefined>>;
  paths: StatePaths;
  client: FettleClient;
  interrupts: Interrupts;
  surface: Surface;
  nowMs(): number;
}>;

export function openSession(
  parts: Readonly<{
    flags: CommonFlags;
    output: Output;
    env: Readonly<Record<string, string | undefined>>;
    interrupts: Interrupts;
    surface: Surface;
  }>,
): Session {
  const paths = livePaths(parts.flags.dir, parts.env);
  return {
    ...parts,
    paths,
    client: createClient(
      unixSocketTransport(() => livePaths(parts.flags.dir, parts.env).controllerSocket),
      { actor: 'cli' },
    ),
    nowMs: () => Date.now(),
  };
}

/** The file's folder; else the nearest folder from `dir` upwards with a config; else `dir`. */
export function findStackDir(dir: string, file: string | null): string {
  const start = resolve(dir);
  if (file !== null) return dirname(resolve(start, file));
  for (let at = start; ; at = dirname(at)) {
    if (configNames.some((name) => existsSync(join(at, name)))) return at;
    if (existsSync(join(at, '.fettle', 'daemon.json'))) return at;
    if (dirname(at) === at) return start;
  }
}

export function isJson(session: Session): boolean {
  return session.flags.format === 'json' || session.flags.format === 'ndjson';
}

/** What to type, with `-C` and `-f` as they were given, so that it can be copied. */
export function commandLine(session: Session, words: string): string {
  const { dir, file } = session.flags;
  const where = dir === process.cwd() ? '' : ` -C ${shellWord(shortest(dir))}`;
  return `fettle${where}${file === null ? '' : ` -f ${shellWord(file)}`} ${words}`;
}

export function usageError(message: string, hint: string): FettleError {
  return new FettleError('E-USAGE', message, { hint, exitCode: 2 });
}

function shortest(dir: string): string {
  const here = `${process.cwd()}/`;
  return dir.startsWith(here) ? dir.slice(here.length) : dir;
}

function shellWord(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
