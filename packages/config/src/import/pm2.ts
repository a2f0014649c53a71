/**
 * PM2's process file: a service for each app.
 *
 * The file may be JavaScript; it was evaluated elsewhere (`evaluate-ecosystem.ts`), here it is data.
 * Source: PM2's "Ecosystem File" and its `lib/API/schema.json` for names, aliases and defaults:
 * SIGINT asks an app to stop, `.py` runs by python, several words in `script` by a shell.
 */
import { posix } from 'node:path';
import { readCron } from '@fettle/core/stack/cron';
import { splitWords } from '../build/command.ts';
import { plainCommand, shellCommand, splitPrefix } from './command-text.ts';
import {
  Directives,
  isMap,
  StackDraft,
  type Draft,
  type Foreign,
  type Plain,
  type PlainMap,
  type ServiceDraft,
} from './draft.ts';
import { settlePorts } from './settle-ports.ts';
import { commentLines, commentsOf } from './yaml-comments.ts';

const interpreters: Readonly<Record<string, string>> = {
  js: 'node',
  cjs: 'node',
  mjs: 'node',
  ts: 'node',
  mts: 'node',
  tsx: 'bun',
  py: 'python3',
  rb: 'ruby',
  php: 'php',
  pl: 'perl',
  sh: 'bash',
  ps1: 'pwsh',
};

export function readPm2(foreign: Foreign): Draft {
  const stack = new StackDraft('pm2');
  const [source] = foreign.files;
  const { value } = foreign;
  const top = isMap(value) ? value : {};
  const apps = Array.isArray(value) ? value : (top['apps'] ?? (top['script'] ? [top] : []));
  const list = Array.isArray(apps) ? apps : [apps];
  for (const app of list) if (isMap(app)) addApp(stack, app, foreign);
  if (!Array.isArray(value) && top['apps'] !== undefined)
    for (const [key, kept] of Object.entries(top)) if (key !== 'apps') stack.keep(key, kept);
  if (source !== undefined)
    stack.comments.push(
      ...(/\.(?:ya?ml)$/.test(source.path) ? commentsOf(source.text) : commentLines(source.text)),
    );
  settlePorts(stack.services);
  return stack.done();
}

function addApp(stack: StackDraft, app: PlainMap, foreign: Foreign): void {
  const directives = new Directives(app);
  const script = directives.text('script', 'exec', 'cmd') ?? '';
  const name =
    directives.text('name') ??
    script
      .split('/')
      .at(-1)
      ?.replace(/\.\w+$/, '') ??
    'app';
  const service = stack.add(name);
  setCommand(service, directives, script);
  const dir = directives.text('cwd');
  if (dir !== undefined) service.set('working_dir', dir);
  setEnvironment(service, directives, foreign);
  setInstances(service, directives, foreign.machine.cores);
  setRestart(service, directives);
  setStop(service, directives);
  setWatch(service, directives);
  const memory = directives.parsed('max_memory_restart', sizeOf);
  if (memory !== undefined) service.set('mem_limit', memory);
  const namespace = directives.text('namespace');
  if (namespace !== undefined && namespace !== 'default') service.set('labels', { namespace });
  directives.keepRest(service);
}

function setCommand(service: ServiceDraft, directives: Directives, script: string): void {
  const args = wordsOf(directives.take('args'));
  const flags = wordsOf(directives.take('node_args') ?? directives.take('interpreter_args'));
  const said = directives.text('interpreter', 'exec_interpreter');
  if (said === undefined && /\s/.test(script.trim())) {
    const { environment, command } = splitPrefix(script);
    service.set('environment', environment);
    const line = [command, ...args.map(quoted)].join(' ');
    service.set('command', shellCommand(line, 'bash'));
    return;
  }
  const ending = /\.(\w+)$/.exec(script)?.[1] ?? '';
  const interpreter = said ?? interpreters[ending] ?? 'none';
  if (/^tsx?$|^mts$/.test(ending) && said === undefined)
    service.change('script', `${script} is run by \`${interpreter}\`; name another in \`command\``);
  const words =
    interpreter === 'none' ? [script, ...args] : [interpreter, ...flags, script, ...args];
  if (words.some((word) => word !== ''))
    service.set('command', plainCommand(words.filter(Boolean)));
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

function wordsOf(value: Plain | undefined): readonly string[] {
  if (value === undefined || value === null || typeof value === 'boolean') return [];
  if (Array.isArray(value)) return value.map(String);
  return splitWords(String(value)).words;
}

/**
 * A value that the file took from the person's environment is not written out: it may be a secret,
 * and it belongs there. What `...process.env` brings along reaches every process anyway.
 */
function setEnvironment(service: ServiceDraft, directives: Directives, foreign: Foreign): void {
  const given = directives.map('env') ?? {};
  const said: Record<string, Plain> = {};
  const before = service.get('environment');
  if (isMap(before)) Object.assign(said, before);
  const text = foreign.files[0]?.text ?? '';
  const spreads = /(?:\.\.\.|assign\([^;]*)process\.env\b(?!\s*[.[])/.test(text);
  let passedOn = 0;
  for (const [name, value] of Object.entries(given)) {
    const written = isMap(value) ? JSON.stringify(value) : String(value);
    const isTheirs = foreign.env[name] === written;
    // Taken from there and not set there now: it is still named.
    if (value === null || (isTheirs && isAskedFor(name, text))) said[name] = null;
    else if (isTheirs && spreads && !text.includes(name)) passedOn += 1;
    else said[name] = written;
  }
  if (passedOn > 0)
    service.change('env', 'what `...process.env` brings along is passed on by Fettle as it is');
  service.set('environment', said);
  const file = directives.text('env_file');
  if (file !== undefined) service.set('env_file', [file]);
}

const isAskedFor = (name: string, text: string): boolean =>
  [`process.env.${name}`, `process.env['${name}']`, `process.env["${name}"]`].some((asked) =>
    text.includes(asked),
  );

function setInstances(service: ServiceDraft, directives: Directives, cores: number): void {
  const spot = directives.spot('instances');
  const said = directives.parsed('instances', (text) =>
    text === 'max' || Number.isInteger(Number(text)) ? text : null,
  );
  // Replicas get a PORT of their own anyway.
  directives.parsed('increment_var', (name) => (name === 'PORT' ? name : null));
  const mode = directives.text('exec_mode');
  if (mode?.startsWith('cluster') === true)
    service.change('exec_mode', 'cluster: instances share no socket here, each has its own port');
  else if (mode !== undefined && !mode.startsWith('fork')) service.keep('exec_mode', mode);
  if (said === undefined) return;
  const number = said === 'max' ? 0 : Number(said);
  const count = number > 0 ? number : Math.max(1, cores + number);
  if (number <= 0) service.change('instances', `\`${said}\` is ${count} on this machine`, spot);
  if (count > 1) service.set('deploy', { replicas: count });
}

function setRestart(service: ServiceDraft, directives: Directives): void {
  if (directives.flag('autorestart') === false) {
    service.set('restart', 'no');
    service.change('autorestart', 'never restarted: a job here, fine when it ends with 0');
    const cron = directives.parsed('cron_restart', (text) => (readCron(text).ok ? text : null));
    service.set('schedule', cron);
  }
  const delay = directives.number('restart_delay', 'exp_backoff_restart_delay');
  const count = directives.number('max_restarts');
  const window = directives.parsed('min_uptime', durationOf) ?? null;
  const policy = {
    ...(delay === undefined ? {} : { delay: `${delay}ms` }),
    ...(count === undefined ? {} : { max_attempts: count }),
    ...(window === null ? {} : { window }),
  };
  if (Object.keys(policy).length === 0) return;
  const deploy = service.get('deploy');
  service.set('deploy', { ...(isMap(deploy) ? deploy : {}), restart_policy: policy });
  if (window !== null)
    service.change('min_uptime', `restarts are counted over ${window} here, not until that age`);
}

/** `watch: true` is the folder of the app, as here. */
function setWatch(service: ServiceDraft, directives: Directives): void {
  const said = directives.take('watch');
  if (said === undefined || said === false) return;
  const dir = String(service.get('working_dir') ?? '');
  // Relative to the app's folder there, to that of the config here.
  const paths =
    typeof said === 'boolean' ? [] : [said].flat().map((path) => posix.join(dir, String(path)));
  const ignore = [directives.take('ignore_watch') ?? []].flat().map(String);
  const debounce = directives.parsed('watch_delay', durationOf);
  const rule = {
    ...(paths.length > 0 ? { paths } : {}),
    ...(ignore.length > 0 ? { ignore: ignore.map(patternOf) } : {}),
    ...(debounce === undefined ? {} : { debounce }),
  };
  service.set('watch', Object.keys(rule).length === 0 ? true : rule);
}

/** A folder there is all below it; here a pattern says so. */
const patternOf = (path: string): string =>
  /[*.]/.test(path.split('/').at(-1) ?? '') ? path : `${path.replace(/\/$/, '')}/**`;

function setStop(service: ServiceDraft, directives: Directives): void {
  service.set('stop_signal', directives.text('kill_signal') ?? 'SIGINT');
  const grace = directives.parsed('kill_timeout', durationOf);
  if (grace !== undefined) service.set('stop_grace_period', grace);
  // Fettle ends the whole tree, keeps one log and puts a time on each line.
  for (const implied of ['treekill', 'merge_logs', 'combine_logs', 'time']) {
    const value = directives.flag(implied);
    if (value === false) service.keep(implied, value);
  }
}

/** Milliseconds, or text such as `10s`; null: none. */
function durationOf(text: string): string | null {
  if (/^\d+$/.test(text)) return `${text}ms`;
  return /^\d+(?:\.\d+)?(?:ms|s|m|h)$/.test(text) ? text : null;
}

/** Bytes, or text such as `300M`. */
function sizeOf(text: string): string | null {
  if (/^\d+$/.test(text)) return `${text}b`;
  return /^\d+(?:\.\d+)?[kmg]b?$/i.test(text) ? text.toLowerCase() : null;
}
