/**
 * package.json: the script that runs the program, or each of those that it runs side by side.
 *
 * `start` wins over `dev`, as npm's own word for it. `concurrently` and `npm-run-all --parallel` are
 * taken apart, so that each program is a service; what else a script does is npm's business.
 * Sources: npm-run-script, the manuals of concurrently and npm-run-all.
 */
import { splitWords } from '../build/command.ts';
import { splitPrefix } from './command-text.ts';
import {
  isMap,
  StackDraft,
  type Draft,
  type Foreign,
  type Plain,
  type PlainMap,
  type ServiceDraft,
} from './draft.ts';
import { valueOfSource } from './yaml-value.ts';

const chosen = ['start', 'dev', 'serve', 'develop', 'server'];

export function readPackageJson(foreign: Foreign): Draft {
  const stack = new StackDraft('package');
  const [main, ...members] = foreign.files;
  const root = main === undefined ? null : valueOfSource(main, foreign.sink);
  if (main === undefined || !isMap(root)) return stack.done();
  stack.name = stackName(root['name']);
  addScripts(stack, root, { runner: runnerOf(root, foreign), dir: null });
  if (stack.services.length === 0)
    for (const member of members) {
      const value = valueOfSource(member, foreign.sink);
      if (!isMap(value)) continue;
      const dir = member.baseDir.slice(main.baseDir.length + 1);
      addScripts(stack, value, { runner: runnerOf(root, foreign), dir });
    }
  for (const key of ['scripts', 'workspaces', 'engines', 'packageManager'])
    if (root[key] !== undefined) stack.hold(key, root[key]);
  return stack.done();
}

type Home = Readonly<{ runner: string; dir: string | null }>;

function runnerOf(root: PlainMap, { beside }: Foreign): string {
  const said = /^(npm|pnpm|yarn|bun)@/.exec(String(root['packageManager'] ?? ''))?.[1];
  if (said !== undefined) return said;
  if (beside.has('pnpm-lock.yaml')) return 'pnpm';
  if (beside.has('yarn.lock')) return 'yarn';
  return beside.has('bun.lock') || beside.has('bun.lockb') ? 'bun' : 'npm';
}

function stackName(name: Plain | undefined): string | null {
  if (typeof name !== 'string') return null;
  const clean = name
    .replace(/^@[^/]*\//, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-');
  return /^[a-z0-9]/.test(clean) ? clean.slice(0, 63) : null;
}

function addScripts(stack: StackDraft, root: PlainMap, { runner, dir }: Home): void {
  const { scripts } = root;
  if (!isMap(scripts)) return;
  const script = chosen.find((name) => typeof scripts[name] === 'string');
  if (script === undefined) return;
  const text = String(scripts[script]);
  const parts = sideBySide(text, scripts);
  const own = String(root['name'] ?? '').replace(/^@[^/]*\//, '') || 'app';
  const used = new Set([script]);
  if (parts === null) {
    const service = stack.add(own);
    fill(service, { script, text }, { runner, dir });
  } else
    for (const part of parts.programs) {
      const service = stack.add(part.name);
      const { script: name } = part;
      if (name !== null) used.add(name);
      fill(service, part, { runner, dir });
    }
  for (const flag of parts?.flags ?? []) stack.keep(`scripts.${script} ${flag}`, flag);
  const others = Object.keys(scripts).filter((name) => {
    const main = name.replace(/^(?:pre|post)/, '');
    return !used.has(name) && !(main !== name && used.has(main));
  });
  for (const name of others)
    stack.note(dir === null ? `scripts.${name}` : `${dir}: scripts.${name}`);
}

type Program = Readonly<{ name: string; script: string | null; text: string }>;

function fill(
  service: ServiceDraft,
  { script, text }: Readonly<{ script: string | null; text: string }>,
  { runner, dir }: Home,
): void {
  if (script === null && runner === 'npm') service.set('command', ['npm', 'exec', '-c', text]);
  else if (script === null) service.set('command', `${runner} exec ${text}`);
  else service.set('command', `${runner} run ${script}`);
  if (dir !== null) service.set('working_dir', dir);
  const port = Number(splitPrefix(text).environment['PORT'] ?? Number.NaN);
  if (!(port >= 1 && port <= 65_535)) return;
  // The script sets PORT itself and would not hear of another.
  service.set('port', { prefer: [port], fallback: false });
}

type SideBySide = Readonly<{ programs: readonly Program[]; flags: readonly string[] }>;

/** null: one program. */
function sideBySide(text: string, scripts: PlainMap): SideBySide | null {
  const { words, shell } = splitWords(splitPrefix(text).command);
  if (shell === 'operator') return null;
  const [tool, ...rest] = words[0] === 'npx' ? words.slice(1) : words;
  if (tool === 'concurrently' || tool === 'conc') return readConcurrently(rest, scripts);
  const isParallel = rest.some((word) => word === '-p' || word === '--parallel');
  if (tool === 'run-p' || ((tool === 'npm-run-all' || tool === 'npm-run-all2') && isParallel))
    return readRunAll(rest, scripts);
  return null;
}

const valueFlags = new Set(['-n', '--names', '-c', '--prefix-colors', '-p', '--prefix', '-l']);

function readConcurrently(words: readonly string[], scripts: PlainMap): SideBySide {
  const flags: string[] = [];
  const commands: string[] = [];
  let names: readonly string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      commands.push(word);
      continue;
    }
    const [flag = '', said] = word.split(/=(.*)/s);
    const value = valueFlags.has(flag) ? (said ?? words[(at += 1)] ?? '') : null;
    if (flag === '-n' || flag === '--names') names = (value ?? '').split(',');
    else if (!['-c', '--prefix-colors', '--color'].includes(flag))
      flags.push(value === null ? word : `${flag} ${value}`);
  }
  const all = commands.flatMap((command) => expand(command, scripts));
  const programs = all.map((one, index) => ({ ...one, name: names[index]?.trim() || one.name }));
  return { programs, flags };
}

function readRunAll(words: readonly string[], scripts: PlainMap): SideBySide {
  const flags = words.filter((word) => word.startsWith('-') && !/^(?:-p|--parallel)$/.test(word));
  const names = words.filter((word) => !word.startsWith('-'));
  return { programs: names.flatMap((name) => expand(`npm:${name}`, scripts)), flags };
}

/** `npm:dev:*`, `npm run api`, or a program of its own. */
function expand(command: string, scripts: PlainMap): readonly Program[] {
  const run = /^(?:npm:|(?:npm|pnpm|yarn|bun) run )(\S+)$/.exec(command.trim())?.[1];
  if (run === undefined) {
    return [{ name: programName(command), script: null, text: command }];
  }
  const pattern = new RegExp(
    `^${run
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^:]*')}$`,
  );
  const names = run.includes('*')
    ? Object.keys(scripts).filter((name) => pattern.test(name))
    : [run];
  return names.map((name) => ({
    name: name.replace(/^(?:dev|start|serve|watch):/, '').replaceAll(':', '-'),
    script: name,
    text: String(scripts[name] ?? ''),
  }));
}

const runs = /^(?:node|bun|deno|tsx|ts-node|npx|nodemon|python3?|ruby|sh|bash|run|exec)$/;

/** Of `node --watch src/api.mjs` it is `api`. */
function programName(command: string): string {
  const words = splitPrefix(command).command.split(/\s+/);
  const word = words.find((one) => !one.startsWith('-') && !runs.test(one)) ?? words[0] ?? '';
  return (
    word
      .split('/')
      .at(-1)
      ?.replace(/\.\w+$/, '') || 'program'
  );
}
