/** A stack as a process-compose file. */
import { Document, isMap as isYamlMap, isScalar } from 'yaml';
import { isMap, type Draft, type Plain, type PlainMap } from '../import/draft.ts';
import { Telling, commandOf, secondsOf, shellWord, type Exported } from './exported.ts';

/** Both replace `${NAME}` when they read, so values stay as they are written. */
export function exportProcessCompose(draft: Draft): Exported {
  const lost: { service: string; key: string }[] = [];
  const processes = Object.fromEntries(
    draft.services.map((service) => [service.name, processOf(new Telling(service, lost))]),
  );
  const value = {
    ...(draft.name === null ? {} : { name: draft.name }),
    ...draft.kept,
    processes,
  };
  const document = new Document(value, { compat: 'yaml-1.1' });
  const own = draft.services.flatMap(({ name, comments }) =>
    comments.map((text) => ({ name, text })),
  );
  if (draft.comments.length > 0)
    document.commentBefore = draft.comments.map((text) => ` ${text}`).join('\n');
  const node: unknown = document.get('processes');
  for (const { key } of isYamlMap(node) ? node.items : []) {
    const text = own.filter(({ name }) => isScalar(key) && name === key.value);
    if (isScalar(key) && text.length > 0)
      key.commentBefore = text.map((one) => ` ${one.text}`).join('\n');
  }
  return {
    files: [{ name: 'process-compose.yaml', text: document.toString({ lineWidth: 0 }) }],
    lost,
  };
}

function processOf(telling: Telling): PlainMap {
  const { service, keys } = telling;
  const process: Record<string, Plain> = { ...commandPart(telling) };
  const dir = keys.text('working_dir');
  if (dir !== undefined) process['working_dir'] = dir;
  const port = telling.port();
  const env = { ...(port === null ? {} : { PORT: port }), ...telling.environment() };
  const pairs = Object.entries(env).map(([name, value]) =>
    value === null ? `${name}=\${${name}}` : `${name}=${String(value)}`,
  );
  if (pairs.length > 0) process['environment'] = pairs;
  const [file, ...more] = telling.envFiles().filter(({ path }) => path !== '.env');
  if (file !== undefined) process['env_file'] = file.path;
  if (more.length > 0) telling.lose('env_file');
  const needs = telling.dependencies();
  if (needs.length > 0)
    process['depends_on'] = Object.fromEntries(
      needs.map(({ name, condition }) => [name, { condition: conditions[condition] ?? condition }]),
    );
  Object.assign(process, availabilityPart(telling), probePart(telling), shutdownPart(telling));
  const schedule = keys.take('schedule');
  if (isMap(schedule)) {
    const { cron = '', timezone, ...more } = schedule;
    process['schedule'] = { cron, ...(timezone === undefined ? {} : { timezone }) };
    for (const key of Object.keys(more)) telling.lose(`schedule.${key}`);
  } else if (schedule !== undefined) process['schedule'] = { cron: schedule };
  const profiles = [keys.take('profiles') ?? []].flat();
  if (profiles.length > 0) process['disabled'] = true;
  const { namespace, ...labels } = keys.map('labels') ?? {};
  if (namespace !== undefined) process['namespace'] = namespace;
  if (Object.keys(labels).length > 0) telling.lose('labels');
  telling.finish();
  return withKept(process, service.kept);
}

const conditions: Readonly<Record<string, string>> = {
  service_started: 'process_started',
  service_healthy: 'process_healthy',
  service_completed_successfully: 'process_completed_successfully',
};

function commandPart(telling: Telling): PlainMap {
  const { command } = telling.service.keys;
  if (typeof command === 'string' && telling.service.keys['entrypoint'] === undefined) {
    telling.keys.take('command');
    return { command };
  }
  const words = telling.words();
  if (/^(?:bash|\/bin\/sh)$/.test(words[0] ?? '') && words[1] === '-c' && words.length === 3)
    return words[0] === 'bash' ? { command: words[2] ?? '' } : { entrypoint: [...words] };
  return { entrypoint: [...words] };
}

function availabilityPart(telling: Telling): PlainMap {
  const { replicas, policy } = telling.deploy();
  const said = telling.keys.text('restart') ?? 'always';
  const mode = said === 'no' || said === 'false' ? 'no' : 'always';
  const delay = secondsOf(policy['delay']);
  const availability = {
    restart: said.startsWith('on-failure') ? 'on_failure' : mode,
    ...(delay === null ? {} : { backoff_seconds: Math.max(1, Math.round(delay)) }),
    ...(policy['max_attempts'] === undefined ? {} : { max_restarts: policy['max_attempts'] }),
  };
  if (policy['window'] !== undefined) telling.lose('deploy.restart_policy.window');
  return { availability, ...(replicas === 1 ? {} : { replicas }) };
}

function shutdownPart({ keys }: Telling): PlainMap {
  const signals: Readonly<Record<string, number>> = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, TERM: 15 };
  const said = keys.text('stop_signal');
  const signal = said === undefined ? undefined : (signals[said.replace(/^SIG/, '')] ?? said);
  const grace = secondsOf(keys.take('stop_grace_period'));
  const shutdown = {
    ...(signal === undefined ? {} : { signal: Number(signal) }),
    ...(grace === null ? {} : { timeout_seconds: Math.ceil(grace) }),
  };
  return Object.keys(shutdown).length === 0 ? {} : { shutdown };
}

function probePart(telling: Telling): PlainMap {
  const said = telling.keys.take('health');
  const found: Record<string, Plain> = {};
  for (const check of [said ?? []].flat()) {
    if (isMap(check) && typeof check['log'] === 'string')
      found['ready_log_line'] = check['log'].replaceAll(/\\([.*+?^${}()|[\]\\])/g, '$1');
    else {
      const probe = isMap(check) ? probeOf(check) : null;
      const name = isMap(check) && check['role'] === 'liveness' ? 'liveness' : 'readiness';
      if (probe === null || found[`${name}_probe`] !== undefined) telling.lose('health');
      else found[`${name}_probe`] = probe;
    }
  }
  return found;
}

function probeOf(check: PlainMap): PlainMap | null {
  const seconds = (ours: string, theirs: string): PlainMap => {
    const value = secondsOf(check[ours]);
    return value === null ? {} : { [theirs]: Math.max(1, Math.round(value)) };
  };
  const count = (ours: string, theirs: string): PlainMap =>
    check[ours] === undefined ? {} : { [theirs]: check[ours] };
  const times = {
    ...seconds('start_period', 'initial_delay_seconds'),
    ...seconds('interval', 'period_seconds'),
    ...seconds('timeout', 'timeout_seconds'),
    ...count('up', 'success_threshold'),
    ...count('retries', 'failure_threshold'),
  };
  const { http, exec, headers, status } = check;
  const url = /^(https?):\/\/([^/:]+|\[[^\]]+\])(?::([^/]+))?(\/.*)?$/.exec(String(http ?? ''));
  if (url !== null) {
    const [, scheme = 'http', host = '', port, path = '/'] = url;
    const asked = {
      host,
      scheme,
      ...(port === undefined ? {} : { port: /^\d+$/.test(port) ? Number(port) : port }),
      path,
      ...(headers === undefined ? {} : { headers }),
      ...(status === undefined ? {} : { status_code: status }),
    };
    return { http_get: asked, ...times };
  }
  const command = commandOf(exec);
  if (command === null) return null;
  const words = command.kind === 'list' ? command.words : [command.text];
  const isShell = words[0] === '/bin/sh' && words[1] === '-c';
  const text = isShell ? words[2] : command.kind === 'text' ? words[0] : null;
  return { exec: { command: text ?? words.map(shellWord).join(' ') }, ...times };
}

/** `availability.exit_on_end` goes back into its mapping. */
function withKept(process: PlainMap, kept: PlainMap): PlainMap {
  const whole: Record<string, Plain> = { ...process };
  for (const [key, value] of Object.entries(kept)) {
    const [outer = key, inner] = key.split(/\.(.*)/s);
    const known = whole[outer];
    if (inner === undefined)
      whole[key] = isMap(known) && isMap(value) ? { ...known, ...value } : value;
    else whole[outer] = { ...(isMap(known) ? known : {}), [inner]: value };
  }
  return whole;
}
