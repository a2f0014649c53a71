/** A stack as systemd units: one for each service, and one target for all of them. */
import { joinCommand, splitWords } from '../build/command.ts';
import { isMap, type Draft, type Plain, type PlainMap } from '../import/draft.ts';
import { execHooks } from '../import/systemd-command.ts';
import { Telling, commandOf, secondsOf, type Exported } from './exported.ts';
import { literalDraft } from './read-own.ts';
import { shellVariables } from './shell-variables.ts';

type Line = readonly [string, Plain];
type Parts = Record<'Unit' | 'Service', Line[]>;

export function exportSystemd(stack: Draft): Exported {
  const draft = literalDraft(stack);
  const lost: { service: string; key: string }[] = [];
  const files = draft.services.map((service) => ({
    name: `${service.name}.service`,
    text: unitOf(new Telling(service, lost), draft.kept),
  }));
  const others = Object.entries(draft.kept).map(([name, body]) => ({
    name,
    text: sectionsOf(isMap(body) ? (body as Readonly<Record<string, PlainMap>>) : {}),
  }));
  const [first, ...rest] = [...others, ...files];
  const head = draft.comments.map((text) => `# ${text}\n`).join('');
  const whole = first === undefined ? [] : [{ ...first, text: head + first.text }, ...rest];
  return { files: whole, lost };
}

function sectionsOf(sections: Readonly<Record<string, PlainMap>>): string {
  return Object.entries(sections)
    .map(([name, body]) => `[${name}]\n${linesOf(Object.entries(body))}`)
    .join('\n');
}

const linesOf = (lines: readonly Line[]): string =>
  lines
    .flatMap(([key, value]) => [value].flat().map((one) => [key, one] as const))
    .map(([key, value]) => `${key}=${shellVariables(String(value))}\n`)
    .join('');

function unitOf(telling: Telling, kept: PlainMap): string {
  const { service, keys } = telling;
  // The timer that it came from is among the files.
  if (kept[`${service.name}.timer`] !== undefined) keys.take('schedule');
  const parts: Parts = { Unit: [], Service: [] };
  const needs = telling.dependencies();
  const names = (some: typeof needs) => some.map(({ name }) => `${name}.service`).join(' ');
  if (needs.length > 0) parts.Unit.push(['After', names(needs)]);
  const hard = needs.filter(({ required }) => required);
  if (hard.length > 0) parts.Unit.push(['Requires', names(hard)]);
  const isJob = ['no', 'false'].includes(keys.text('restart') ?? '');
  if (isJob) parts.Service.push(['Type', 'oneshot']);
  parts.Service.push(['ExecStart', commandLine(telling)]);
  setHooks(parts, telling);
  setNotify(parts, telling);
  setSurroundings(parts, telling);
  setRestart(parts, telling, isJob);
  setLimits(parts, telling);
  telling.finish();
  const comments = service.comments.map((text) => `# ${text}\n`).join('');
  const sections = withKept(parts, service.kept);
  const text = sections.map(([name, lines]) => `[${name}]\n${linesOf(lines)}`).join('\n');
  return comments + text;
}

function commandLine(telling: Telling): string {
  const { command, entrypoint } = telling.service.keys;
  if (entrypoint !== undefined) return telling.words().map(word).join(' ');
  telling.keys.take('command');
  return lineOf(command ?? '');
}

/** systemd replaces variables of the unit itself. */
function lineOf(command: Plain): string {
  if (typeof command === 'string' && splitWords(command).shell === 'variable')
    return command.replaceAll('%', '%%');
  const joined = joinCommand(null, commandOf(command));
  return joined.kind === 'argv' ? joined.argv.map(word).join(' ') : '';
}

function setHooks(parts: Parts, telling: Telling): void {
  const directives = new Map<string, string>(execHooks.map(([key, hook]) => [hook, key]));
  for (const { when, command, isForgiven } of telling.hooks()) {
    const directive = directives.get(when);
    if (directive === undefined) telling.lose(`hooks.${when}`);
    else parts.Service.push([directive, `${isForgiven ? '-' : ''}${lineOf(command)}`]);
  }
}

/** The one check that systemd has a word for. */
function setNotify(parts: Parts, telling: Telling): void {
  const { health } = telling.service.keys;
  if (!isMap(health) || health['notify'] !== true) return;
  telling.keys.take('health');
  parts.Service.push(['Type', 'notify']);
  if (health['watchdog'] !== undefined)
    parts.Service.push(['WatchdogSec', `${secondsOf(health['watchdog'])}`]);
}

/** `Service.NoNewPrivileges` goes back to its section; a `Type` that was kept wins. */
function withKept(parts: Parts, kept: PlainMap): readonly (readonly [string, readonly Line[]])[] {
  const sections: Record<string, Line[]> = { ...parts };
  for (const [key, value] of Object.entries(kept)) {
    const [section = 'Service', name = key] = key.split(/\.(.*)/s);
    const lines = (sections[section] ??= []);
    const same = lines.findIndex(([one]) => one === name && name !== 'After');
    if (same !== -1) lines.splice(same, 1);
    lines.push([name, value]);
  }
  return Object.entries(sections).filter(([, lines]) => lines.length > 0);
}

/** systemd takes `%` for a specifier and `$` for a variable, and no shell for granted. */
function word(text: string): string {
  const safe = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w@%+=:,./${}\uE000\uE001-]+$/.test(safe)) return safe;
  return `"${safe.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function setSurroundings(parts: Parts, telling: Telling): void {
  const dir = telling.keys.text('working_dir');
  if (dir !== undefined) parts.Service.push(['WorkingDirectory', dir]);
  const port = telling.port();
  const env = { ...(port === null ? {} : { PORT: port }), ...telling.environment() };
  const passed: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === null) passed.push(name);
    else
      parts.Service.push(['Environment', word(`${name}=${String(value)}`).replaceAll('$$', '$')]);
  }
  if (passed.length > 0) parts.Service.push(['PassEnvironment', passed.join(' ')]);
  for (const { path, required } of telling.envFiles())
    parts.Service.push(['EnvironmentFile', `${required ? '' : '-'}${path}`]);
}

function setRestart(parts: Parts, telling: Telling, isJob: boolean): void {
  const { replicas, policy } = telling.deploy();
  if (replicas !== 1) telling.lose('deploy.replicas');
  const said = telling.service.keys['restart'] ?? 'always';
  if (!isJob)
    parts.Service.push([
      'Restart',
      String(said).startsWith('on-failure') ? 'on-failure' : 'always',
    ]);
  const { delay, max_attempts: attempts, window } = policy;
  if (delay !== undefined) parts.Service.push(['RestartSec', `${secondsOf(delay)}s`]);
  if (attempts !== undefined) parts.Unit.push(['StartLimitBurst', attempts]);
  if (window !== undefined) parts.Unit.push(['StartLimitIntervalSec', `${secondsOf(window)}s`]);
  const grace = secondsOf(telling.keys.take('stop_grace_period'));
  if (grace !== null) parts.Service.push(['TimeoutStopSec', `${grace}s`]);
  const signal = telling.keys.text('stop_signal');
  if (signal !== undefined) parts.Service.push(['KillSignal', signal]);
}

function setLimits(parts: Parts, { keys }: Telling): void {
  const memory = keys.text('mem_limit');
  if (memory !== undefined)
    parts.Service.push(['MemoryMax', memory.replace(/b$/i, '').toUpperCase()]);
  const cores = keys.number('cpus');
  if (cores !== undefined) parts.Service.push(['CPUQuota', `${Math.round(cores * 100)}%`]);
  const tasks = keys.number('pids_limit');
  if (tasks !== undefined) parts.Service.push(['TasksMax', tasks]);
  const limits = keys.map('ulimits') ?? {};
  for (const [name, directive] of [
    ['nofile', 'LimitNOFILE'],
    ['nproc', 'LimitNPROC'],
  ] as const)
    if (typeof limits[name] === 'number') parts.Service.push([directive, limits[name]]);
}
