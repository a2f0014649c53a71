/** The stack as its files say it, or every problem of theirs at once; nothing is started. */
import { basename, join } from 'node:path';
import { checkStack, type CheckedStack } from '@fettle/config/load-stack';
import { renderProblems } from '@fettle/config/problem/render';
import { ConfigProblems, type Problem } from '@fettle/config/problem/problem';
import type { Stack } from '@fettle/core/stack/service';
import type { Output } from '../output.ts';
import type { Session } from '../session.ts';
import { fitCharset } from '../terminal/ascii.ts';

export function checkConfig(
  session: Session,
  profiles: readonly string[] = [],
  runCommands = false,
): CheckedStack {
  const { configFile } = session.flags;
  // By its real name: through a symlink it is the same stack and must not look changed.
  const dir = session.paths.stackDir;
  return checkStack({
    dir,
    ...(configFile === null ? {} : { file: join(dir, basename(configFile)) }),
    env: session.env,
    profiles,
    runCommands,
    cwd: dir,
  });
}

/**
 * `runCommands`: the stack is about to be used, so its secrets are asked for.
 * @throws ConfigProblems, which `tellProblems` tells in full.
 */
export function loadConfig(
  session: Session,
  profiles: readonly string[] = [],
  runCommands = false,
): Stack {
  const checked = checkConfig(session, profiles, runCommands);
  if (checked.stack === null)
    throw new ConfigProblems(checked.problems, checked.warnings, checked.lost);
  if (!session.flags.quiet) tellProblems(session.output, checked.warnings);
  return checked.stack;
}

/** On stderr, in the shape of every error. */
export function tellProblems(output: Output, problems: readonly Problem[], lost = 0): void {
  if (problems.length === 0) return;
  const { color, unicode } = output.talkLook;
  output.complain(fitCharset(renderProblems(problems, { color, ascii: !unicode }), unicode));
  if (lost > 0) output.complain(`… and ${lost} more\n`);
}
