/**
 * process-compose (F1bonacc1): a service for each process, in words that are close to ours.
 *
 * Source: the process-compose documentation and its JSON schema: commands run by `bash -c` unless
 * `shell` says otherwise, `${NAME}` is replaced when the file is read unless told not to.
 */
import { readCron } from '@fettle/core/stack/cron';
import { parseDocument, isMap as isYamlMap, isScalar, type Document } from 'yaml';
import { shellCommand, splitPrefix } from './command-text.ts';
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
import { healthOf } from './process-compose-health.ts';
import { settlePorts } from './settle-ports.ts';
import { mergedValue } from './yaml-value.ts';
import { commentsOf } from './yaml-comments.ts';
import type { Source, Spot } from '../source/node.ts';

type Around = Readonly<{ shell: string; shared: PlainMap; envFiles: readonly string[] }>;

export function readProcessCompose(foreign: Foreign): Draft {
  const stack = new StackDraft('process-compose');
  const value = mergedValue(foreign);
  const [source] = foreign.files;
  if (!isMap(value) || source === undefined) return stack.done();
  const top = new Directives(value);
  stack.dollars = top.flag('disable_env_expansion') === true ? 'literal' : 'variables';
  stack.name =
    top
      .text('name')
      ?.toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, '-') ?? null;
  top.take('version');
  const shell = top.map('shell') ?? {};
  const around: Around = {
    shell: String(shell['shell_command'] ?? 'bash'),
    shared: environmentOf(top.take('environment')),
    envFiles: foreign.beside.has('.env') ? ['.env'] : [],
  };
  if (!['-c', 'undefined'].includes(String(shell['shell_argument'])))
    stack.keep('shell', shell, top.spot('shell'));
  const processes = top.map('processes') ?? {};
  const home = homeOf(source);
  for (const [name, body] of Object.entries(processes))
    if (isMap(body)) addProcess(stack, { name, body, spotOf: home.spotOf(name) }, around);
  for (const service of stack.services) service.comments.push(...home.commentsOf(service.name));
  stack.comments.push(...home.rest());
  top.keepRest(stack as unknown as Pick<ServiceDraft, 'keep'>);
  settlePorts(stack.services);
  return stack.done();
}

type Process = Readonly<{ name: string; body: PlainMap; spotOf: (key: string) => Spot | null }>;

function addProcess(stack: StackDraft, { name, body, spotOf }: Process, around: Around): void {
  const service = stack.add(name, spotOf('command'));
  const directives = new Directives(body, spotOf);
  const own = environmentOf(directives.take('environment'));
  setCommand(service, directives, around.shell);
  const prefix = service.get('environment');
  service.set('environment', { ...around.shared, ...own, ...(isMap(prefix) ? prefix : {}) });
  const file = directives.take('env_file');
  service.set('env_file', file === undefined ? [...around.envFiles] : [file].flat());
  const dir = directives.text('working_dir');
  if (dir !== undefined) service.set('working_dir', dir);
  setDependencies(service, directives.map('depends_on') ?? {});
  setAvailability(service, directives.map('availability') ?? {});
  setHealth(service, directives);
  setShutdown(service, new Directives(directives.map('shutdown') ?? {}, spotOf));
  setSchedule(service, directives);
  if (directives.flag('disabled') === true) {
    service.set('profiles', ['disabled']);
    service.change('disabled', 'runs with `--profile disabled` only', spotOf('disabled'));
  }
  const namespace = directives.text('namespace');
  if (namespace !== undefined) service.set('labels', { namespace });
  const description = directives.text('description');
  if (description !== undefined) service.comments.push(description);
  const replicas = directives.number('replicas');
  const deploy = service.get('deploy');
  if (replicas !== undefined && replicas !== 1)
    service.set('deploy', { replicas, ...(isMap(deploy) ? deploy : {}) });
  directives.keepRest(service);
}

function setCommand(service: ServiceDraft, directives: Directives, shell: string): void {
  const entrypoint = directives.take('entrypoint');
  if (Array.isArray(entrypoint)) {
    service.set('command', entrypoint.map(String));
    return;
  }
  const text = directives.text('command') ?? '';
  const { environment, command } = splitPrefix(text);
  if (command !== '') service.set('command', shellCommand(command, shell));
  service.set('environment', environment);
}

/** A mapping, or a list of `NAME=value`. */
function environmentOf(value: Plain | undefined): PlainMap {
  if (isMap(value)) return value;
  const pairs = (Array.isArray(value) ? value : []).map((one) => {
    const text = String(one);
    const at = text.indexOf('=');
    return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs) as PlainMap;
}

const conditions: Readonly<Record<string, string>> = {
  process_started: 'service_started',
  process_healthy: 'service_healthy',
  process_log_ready: 'service_healthy',
  process_completed: 'service_completed_successfully',
  process_completed_successfully: 'service_completed_successfully',
};

function setDependencies(service: ServiceDraft, wishes: PlainMap): void {
  const written: Record<string, Plain> = {};
  for (const [name, wish] of Object.entries(wishes)) {
    const said = isMap(wish) ? String(wish['condition'] ?? 'process_started') : 'process_started';
    written[name] = { condition: conditions[said] ?? 'service_started' };
    const { condition: _said, ...more } = isMap(wish) ? wish : {};
    if (Object.keys(more).length > 0) service.keep(`depends_on.${name}`, more);
    if (said === 'process_completed')
      service.change('depends_on', `${name} must end with 0 here; there any end would do`);
    if (conditions[said] === undefined)
      service.keep('depends_on', { [name]: wish }, null, `\`${said}\` is no condition here`);
  }
  service.set('depends_on', written);
}

const modes: Readonly<Record<string, string>> = {
  always: 'always',
  no: 'no',
  false: 'no',
  on_failure: 'on-failure',
  exit_on_failure: 'no',
};

function setAvailability(service: ServiceDraft, wish: PlainMap): void {
  const directives = new Directives(wish);
  const said = directives.text('restart');
  // Not said is `no` there; here that would make a job of it, which is done when it ended.
  service.set('restart', said === undefined ? 'on-failure' : (modes[said] ?? 'on-failure'));
  if (said === undefined)
    service.change('availability', 'restarted here when it fails; `restart: "no"` makes it a job');
  if (said === 'exit_on_failure')
    service.keep('availability.restart', said, null, 'a failure of it does not end the stack here');
  const [delay, count] = [directives.number('backoff_seconds'), directives.number('max_restarts')];
  const policy = {
    ...(delay === undefined ? {} : { delay: `${delay}s` }),
    ...(count === undefined || count === 0 ? {} : { max_attempts: count }),
  };
  if (Object.keys(policy).length > 0) service.set('deploy', { restart_policy: policy });
  directives.keepRest(service, 'availability.');
}

function setSchedule(service: ServiceDraft, directives: Directives): void {
  const said = directives.map('schedule');
  if (said === undefined) return;
  const wish = new Directives(said);
  const cron = wish.parsed('cron', (text) => (readCron(text).ok ? text : null));
  const timezone = cron === undefined ? undefined : wish.text('timezone');
  if (cron !== undefined)
    service.set('schedule', timezone === undefined ? cron : { cron, timezone });
  wish.keepRest(service, 'schedule.');
}

function setHealth(service: ServiceDraft, directives: Directives): void {
  const checks: Plain[] = [];
  for (const [key, role] of [
    ['readiness_probe', 'readiness'],
    ['liveness_probe', 'liveness'],
  ] as const) {
    const probe = directives.map(key);
    if (probe === undefined) continue;
    const check = healthOf(probe, role);
    if (check === null) {
      service.keep(key, probe, directives.spot(key), 'a probe that asks nothing');
      continue;
    }
    checks.push(check.health);
    for (const [name, value] of check.left) service.keep(`${key}.${name}`, value);
  }
  const line = directives.text('ready_log_line');
  if (line !== undefined) checks.push({ log: line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') });
  service.set('health', checks.length === 1 ? checks[0] : checks);
}

function setShutdown(service: ServiceDraft, directives: Directives): void {
  const signal = directives.number('signal');
  if (signal !== undefined) service.set('stop_signal', String(signal));
  const seconds = directives.number('timeout_seconds');
  if (seconds !== undefined) service.set('stop_grace_period', `${seconds}s`);
  directives.keepRest(service, 'shutdown.');
}

type Home = Readonly<{
  spotOf(name: string): (key: string) => Spot | null;
  commentsOf(name: string): readonly string[];
  /** Those that belong to no process. */
  rest(): readonly string[];
}>;

/** Where each process stands in the first file, and which comments lie in its lines. */
function homeOf(source: Source): Home {
  const document: Document = parseDocument(source.text, { logLevel: 'silent', merge: true });
  const processes: unknown = document.get('processes');
  const items = isYamlMap(processes) ? processes.items : [];
  const starts = items.map(({ key }) => (isScalar(key) ? (key.range?.[0] ?? 0) : 0));
  const end = isYamlMap(processes) ? (processes.range?.[2] ?? 0) : 0;
  const pieces = items.map(({ key, value }, index) => {
    const from = commentStart(source.text, starts[index]!);
    const next = starts[index + 1];
    const to = next === undefined ? end : commentStart(source.text, next);
    return { name: isScalar(key) ? String(key.value) : '', value, from, to };
  });
  return {
    spotOf: (name) => (key) => {
      const value = pieces.find((piece) => piece.name === name)?.value;
      const pair = isYamlMap(value)
        ? value.items.find((one) => isScalar(one.key) && one.key.value === key)
        : undefined;
      const range = isScalar(pair?.key) ? pair.key.range : undefined;
      return range ? { source, offset: range[0], length: range[1] - range[0] } : null;
    },
    commentsOf: (name) => {
      const piece = pieces.find((one) => one.name === name);
      return piece === undefined ? [] : commentsOf(source.text.slice(piece.from, piece.to));
    },
    rest: () => {
      const [first, last] = [pieces[0], pieces.at(-1)];
      if (first === undefined || last === undefined) return commentsOf(source.text);
      return [
        ...commentsOf(source.text.slice(0, first.from)),
        ...commentsOf(source.text.slice(last.to)),
      ];
    },
  };
}

/** Where the comment lines right above `offset` begin, or the line of `offset`. */
function commentStart(text: string, offset: number): number {
  let at = text.lastIndexOf('\n', offset - 1) + 1;
  while (at > 0) {
    const before = text.lastIndexOf('\n', at - 2) + 1;
    if (!/^\s*#/.test(text.slice(before, at))) break;
    at = before;
  }
  return at;
}
