/**
 * Runs a script that lies in `runbooks/scripts/` beside the config, by its name, and nothing else:
 * no path, no arguments, no shell text. What it needs to know stands in its environment.
 */
import { accessSync, constants, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { failed, noTarget, refused } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { runCommand } from './run-command.ts';

export const execScript: Action = {
  name: 'exec',
  describe: (params) => `run the script ${String(params['command'])}`,
  plan(params, world) {
    const path = scriptOf(params, world);
    const { target } = params;
    const targets = target === undefined ? [] : [String(target)];
    return Promise.resolve(plan(`run the script ${String(params['command'])}`, path, targets));
  },
  capture(params, world) {
    return Promise.resolve({ script: scriptOf(params, world) });
  },
  async apply(params, _capture, { world, key, signal }) {
    const env = {
      ...world.env,
      FETTLE_TARGET: String(params['target'] ?? ''),
      FETTLE_KEY: key,
      FETTLE_STACK_DIR: world.paths.stackDir,
    };
    const argv = [scriptOf(params, world)];
    const { code, output } = await runCommand({ argv, cwd: world.paths.stackDir, env, signal });
    if (code !== 0) throw failed(`the script ended with ${String(code)}: ${output}`);
    return output === '' ? 'the script ended well' : output;
  },
  undo: null,
  observe: () => Promise.resolve('unknown'),
};

/** @throws FettleError: not there, a link, or writable by others than its owner and us. */
function scriptOf(params: ActParams, { paths }: ActionWorld): string {
  const name = String(params['command']);
  if (!/^[A-Za-z0-9][\w.-]{0,100}$/.test(name))
    throw refused(`${name} is no name of a script`, 'Scripts lie in runbooks/scripts/, by name.');
  const path = join(paths.stackDir, 'runbooks', 'scripts', name);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw noTarget(`there is no runbooks/scripts/${name}`, 'Write it first.');
  if (!stat.isFile()) throw refused(`${name} is no plain file`, 'Links are not followed.');
  const uid = process.getuid?.() ?? 0;
  if ((stat.mode & 0o022) !== 0 || (stat.uid !== uid && stat.uid !== 0))
    throw refused(`others may write ${name}`, `chmod go-w runbooks/scripts/${name}`);
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw refused(`${name} may not be executed`, `chmod u+x runbooks/scripts/${name}`);
  }
  return path;
}
