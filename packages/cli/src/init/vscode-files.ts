/**
 * `fettle init --vscode`: tasks for every control with a problem matcher that reads our errors, and
 * launch configurations that attach to services, the controller and the supervisor.
 *
 * A background task without a matcher is an error in VS Code (microsoft/vscode#193234), so that
 * each that follows has one. Source: code.visualstudio.com, "Tasks", "Debugging in VS Code".
 */
import { basename } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import { controls, type Control } from './controls.ts';
import type { Entry } from './merge-entries.ts';

export const prefix = 'fettle: ';
/** `${input:…}` of the tasks. */
export const serviceInput = 'fettleService';
export const someInput = 'fettleServices';

export type VscodeOptions = Readonly<{
  /** What to type for Fettle. */
  fettle: string;
  /** The stack's folder in VS Code's words: `${workspaceFolder}` or below it. */
  folder: string;
  services: readonly Service[];
}>;

/** The head line of an error, then the place on its own line. */
export function problemMatcher(folder: string): Readonly<Record<string, unknown>> {
  return {
    owner: 'fettle',
    source: 'fettle',
    fileLocation: ['autoDetect', folder],
    pattern: [
      {
        regexp: '^(error|warning)\\[([EW]-[A-Z0-9-]+)\\]: (.*)$',
        severity: 1,
        code: 2,
        message: 3,
      },
      { regexp: '^\\s+(?:┌|,) (.+):(\\d+):(\\d+)$', file: 1, line: 2, column: 3 },
    ],
  };
}

export function tasksOf(options: VscodeOptions): readonly Entry[] {
  return [
    attachedUp(options),
    ...controls.map((control) => taskOf(control, options)),
    ...debuggees(options).map(({ name, port }) => debugTask(name, port, options)),
  ];
}

function taskOf(control: Control, options: VscodeOptions): Entry {
  const words = control.words.split(' ');
  const chosen = { none: [], one: [`\${input:${serviceInput}}`], some: [`\${input:${someInput}}`] };
  const named =
    control.takes === 'some' && control.every === undefined ? [] : chosen[control.takes];
  const task = {
    label: `${prefix}${control.name}`,
    detail: control.what,
    ...command(options, [...words, ...named]),
  };
  if (control.follows !== true) return { ...task, problemMatcher: problemMatcher(options.folder) };
  return { ...task, isBackground: true, problemMatcher: followed(options.folder, '.', '.') };
}

/** `fettle up`, attached: ready when it says how it went. */
function attachedUp(options: VscodeOptions): Entry {
  const ready = '^(?:Ready in|All \\d+ ready|\\d+ of \\d+ ready)';
  return {
    label: `${prefix}run`,
    detail: 'start what should run and follow it; Ctrl-C stops the stack',
    ...command(options, ['up']),
    isBackground: true,
    problemMatcher: followed(options.folder, '^fettle \\d', ready),
    group: 'build',
  };
}

function followed(folder: string, begins: string, ends: string): unknown {
  const background = { activeOnStart: true, beginsPattern: begins, endsPattern: ends };
  return { ...problemMatcher(folder), background };
}

function debugTask(name: string, port: number, options: VscodeOptions): Entry {
  return {
    label: `${prefix}debugger of ${name}`,
    detail: `opens it on port ${port}; for the launch configuration of the same name`,
    ...command(options, ['inspect', name, '--port', String(port)]),
    problemMatcher: problemMatcher(options.folder),
    presentation: { reveal: 'silent', close: true },
  };
}

function command({ fettle, folder }: VscodeOptions, args: readonly string[]): Entry {
  return { type: 'process', command: fettle, args, options: { cwd: folder } };
}

export function inputsOf({ services }: VscodeOptions): readonly Entry[] {
  const names = services.map(({ name }) => name);
  const ask = { type: 'pickString', description: 'Which service?' };
  return [
    { id: serviceInput, ...ask, options: names, default: names[0] ?? '' },
    { id: someInput, ...ask, options: ['--all', ...names], default: '--all' },
  ];
}

export function launchesOf(options: VscodeOptions): readonly Entry[] {
  const node = debuggees(options).map(({ name, port }): Entry => ({
    name: `${prefix}attach to ${name}`,
    type: 'node',
    request: 'attach',
    address: '127.0.0.1',
    port,
    restart: false,
    preLaunchTask: `${prefix}debugger of ${name}`,
    skipFiles: ['<node_internals>/**'],
  }));
  const python = options.services.filter((service) => languageOf(service) === 'python');
  return [
    ...node,
    ...python.map(({ name }): Entry => ({
      name: `${prefix}attach to ${name} (Python: pick its process)`,
      type: 'debugpy',
      request: 'attach',
      processId: '${command:pickProcess}',
      justMyCode: true,
    })),
  ];
}

/** Behind Node's own 9229, each its own: two can be looked at together. */
const firstDebugPort = 9_230;

function debuggees({
  services,
}: VscodeOptions): readonly Readonly<{ name: string; port: number }>[] {
  const node = services.filter((service) => languageOf(service) === 'node');
  const names = ['@supervisor', '@controller', ...node.map(({ name }) => name)];
  return names.map((name, index) => ({ name, port: firstDebugPort + index }));
}

/** By the program's name, also behind `sh -c` and `env`; null: another, or over in a moment. */
function languageOf({ command, external, oneShot }: Service): 'node' | 'python' | null {
  if (external || oneShot) return null;
  const words = command[0] === '/bin/sh' ? (command[2] ?? '').split(/\s+/) : command;
  const program = words.find((word) => !/^(?:\w+=.*|env|exec)$/.test(basename(word))) ?? '';
  const name = basename(program).replace(/[\d.]+$/, '');
  if (/^(?:node|nodejs|npm|npx|pnpm|yarn|tsx)$/.test(name)) return 'node';
  return /^(?:python|uvicorn|gunicorn|flask|celery|uv)$/.test(name) ? 'python' : null;
}
