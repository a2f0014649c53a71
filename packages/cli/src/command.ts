/** The contract between the program and a command's file. */
import type { Command } from 'commander';
import type { Session } from './session.ts';

export type CommandInput = Readonly<{
  /** Words after the verb that are no flags. */
  args: readonly string[];
  /** The command's own flags as commander parsed them. */
  options: Readonly<Record<string, unknown>>;
  /** The verb as typed: an alias may mean something of its own. */
  verb: string;
}>;

export type CommandModule = Readonly<{
  /** Declares arguments and flags. */
  define(command: Command): void;
  /** @returns the exit code; throws FettleError for what the user can mend. */
  run(session: Session, input: CommandInput): Promise<number>;
}>;

/** Exit codes; `docs/errors.md` says them in words. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notAsAsked: 3,
  unreachable: 4,
  refused: 5,
  progressing: 6,
  interrupted: 130,
  terminated: 143,
} as const;
