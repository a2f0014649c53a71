/** `fettle init`: writes what a folder needs beside its config. Shows the diff first. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { emit, requireFormat } from '../emit.ts';
import { changeWord, readIfThere, renderDiff, writeChange } from '../init/file-change.ts';
import type { FileChange } from '../init/file-change.ts';
import { clashes, makeInclude, makeIncludeName, withInclude } from '../init/make-file.ts';
import { mergeEntries } from '../init/merge-entries.ts';
import { runImport } from '../init/run-import.ts';
import { ownCommand } from '../own-program.ts';
import * as vscode from '../init/vscode-files.ts';
import type { Session } from '../session.ts';
import { loadConfig } from '../up/load-config.ts';

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[file]', 'with --from: the file to import; what lies in the folder unless given')
      .option('--from <format>', 'a fettle.yaml from compose, procfile, pm2 and the like')
      .option('--force', 'replace a fettle.yaml that is there')
      .option('-y, --yes', 'write without asking')
      .option('--make', 'fettle.mk with a target for every control, and a line in the Makefile')
      .option('--vscode', 'tasks and launch configurations in .vscode')
      .option('--dry-run', 'only show what would be written');
  },
  async run(session, input) {
    requireFormat(session, ['table', 'json', 'yaml']);
    const { make, vscode: editor } = input.options;
    if (make !== true && editor !== true) return runImport(session, input);
    const changes = await changesFor(session, input);
    const dryRun = input.options['dryRun'] === true;
    const { dir, quiet } = session.flags;
    for (const change of quiet ? [] : changes)
      if (dryRun || change.before !== null)
        session.output.complain(
          renderDiff(change, relative(dir, change.file), session.output.talkLook),
        );
    if (!dryRun) for (const change of changes) writeChange(change);
    const files = changes.map((change) => ({ file: change.file, change: changeWord(change) }));
    await emit(session, { schema: 'fettle.init/v1', dryRun, files }, () =>
      files.map(({ file, change }) => `${change}  ${relative(dir, file)}\n`).join(''),
    );
    if (dryRun) session.output.say('nothing was written (--dry-run)');
    return exitCodes.ok;
  },
};

async function changesFor(session: Session, input: CommandInput): Promise<readonly FileChange[]> {
  const { make, vscode: editor } = input.options;
  return [
    ...(make === true ? makeChanges(session) : []),
    ...(editor === true ? vscodeChanges(session) : []),
  ];
}

function makeChanges(session: Session): readonly FileChange[] {
  const { dir } = session.flags;
  // In the order in which make(1) looks for them.
  const names = ['GNUmakefile', 'makefile', 'Makefile'];
  const name = names.find((one) => existsSync(join(dir, one))) ?? 'Makefile';
  const file = join(dir, name);
  const before = readIfThere(file);
  const taken = clashes(before ?? '');
  if (taken.length > 0)
    throw new FettleError('E-INIT-TARGET', `${name} has targets of ours: ${taken.join(', ')}`, {
      hint: 'rename or remove them, then run it again; nothing was written',
      exitCode: 2,
    });
  const include = join(dir, makeIncludeName);
  return [
    { file: include, before: readIfThere(include), after: makeInclude(ownCommand(session)) },
    { file, before, after: withInclude(before) ?? before ?? '' },
  ];
}

function vscodeChanges(session: Session): readonly FileChange[] {
  const { dir } = session.flags;
  const opened = openedFolder(dir);
  const below = relative(opened, dir);
  const stack = loadConfig(session);
  const options: vscode.VscodeOptions = {
    fettle: ownCommand(session),
    folder: below === '' ? '${workspaceFolder}' : `\${workspaceFolder}/${below}`,
    services: stack.services,
  };
  const isOurs = (id: string): boolean => id.startsWith(vscode.prefix);
  const tasks = { key: 'tasks', id: 'label', entries: vscode.tasksOf(options), isOurs };
  const inputs = {
    key: 'inputs',
    id: 'id',
    entries: vscode.inputsOf(options),
    isOurs: (id: string) => id === vscode.serviceInput || id === vscode.someInput,
  };
  const launches = {
    key: 'configurations',
    id: 'name',
    entries: vscode.launchesOf(options),
    isOurs,
  };
  return [
    merged(join(opened, '.vscode', 'tasks.json'), '2.0.0', [tasks, inputs]),
    merged(join(opened, '.vscode', 'launch.json'), '0.2.0', [launches]),
  ];
}

/** What an editor opens: the nearest folder with its settings or a repository, else the stack's. */
function openedFolder(dir: string): string {
  const signs = ['.git', '.vscode/tasks.json', '.vscode/launch.json', '.vscode/settings.json'];
  for (let at = dir; ; at = dirname(at)) {
    if (signs.some((sign) => existsSync(join(at, sign)))) return at;
    if (dirname(at) === at) return dir;
  }
}

function merged(
  file: string,
  version: string,
  lists: Parameters<typeof mergeEntries>[2],
): FileChange {
  const before = readIfThere(file);
  const start = before === null || before.trim() === '' ? emptyFile(version) : before;
  return { file, before, after: mergeEntries(start, file, lists) };
}

function emptyFile(version: string): string {
  return `{\n  "version": "${version}"\n}\n`;
}
