/** A stack as an ecosystem file of PM2. */
import { posix } from 'node:path';
import { isMap, type Draft, type Plain, type PlainMap } from '../import/draft.ts';
import { Telling, secondsOf, type Exported } from './exported.ts';
import { literalDraft } from './read-own.ts';
import { scriptString } from './shell-variables.ts';

export function exportPm2(stack: Draft): Exported {
  const draft = literalDraft(stack);
  const lost: { service: string; key: string }[] = [];
  const apps = draft.services.map((service) => appOf(new Telling(service, lost)));
  const comments = [...draft.comments, ...draft.services.flatMap(({ comments: own }) => own)];
  const head = comments.map((text) => `// ${text}`.trimEnd()).join('\n');
  const value = script({ apps, ...draft.kept }, '');
  const text = `${head === '' ? '' : `${head}\n`}module.exports = ${value};\n`;
  return { files: [{ name: 'ecosystem.config.cjs', text }], lost };
}

function appOf(telling: Telling): PlainMap {
  const { service, keys } = telling;
  const app: Record<string, Plain> = { name: service.name };
  Object.assign(app, scriptOf(telling));
  const dir = keys.text('working_dir');
  if (dir !== undefined) app['cwd'] = dir;
  const port = telling.port();
  const env = { ...(port === null ? {} : { PORT: String(port) }), ...telling.environment() };
  if (Object.keys(env).length > 0) app['env'] = fromShell(env);
  const [file, ...more] = telling.envFiles();
  if (file !== undefined) app['env_file'] = file.path;
  if (more.length > 0) telling.lose('env_file');
  setRestart(app, telling);
  const memory = keys.text('mem_limit');
  if (memory !== undefined) app['max_memory_restart'] = memory.replace(/b$/, '').toUpperCase();
  Object.assign(app, watchOf(keys.take('watch'), dir ?? ''));
  const signal = keys.text('stop_signal') ?? 'SIGTERM';
  if (signal !== 'SIGINT') app['kill_signal'] = signal;
  const grace = secondsOf(keys.take('stop_grace_period'));
  if (grace !== null) app['kill_timeout'] = Math.round(grace * 1_000);
  const { namespace, ...labels } = keys.map('labels') ?? {};
  if (namespace !== undefined) app['namespace'] = namespace;
  if (Object.keys(labels).length > 0) telling.lose('labels');
  telling.finish();
  return { ...app, ...service.kept };
}

function scriptOf(telling: Telling): PlainMap {
  const { command } = telling.service.keys;
  const isText = typeof command === 'string' && telling.service.keys['entrypoint'] === undefined;
  // Several words in `script` are given to a shell.
  if (isText && !/^[\w@%+=:,./ -]+$/.test(command)) {
    telling.keys.take('command');
    return { script: command.includes(' ') ? command : `exec ${command}` };
  }
  const [program = '', ...args] = telling.words();
  return { script: program, ...(args.length > 0 ? { args } : {}), interpreter: 'none' };
}

/** Paths are relative to the app's folder there. */
function watchOf(said: Plain | undefined, dir: string): PlainMap {
  if (said === undefined || said === false) return {};
  const rule = isMap(said) ? said : {};
  const paths = isMap(said) ? rule['paths'] : said === true ? undefined : said;
  const debounce = secondsOf(rule['debounce']);
  return {
    watch:
      paths === undefined
        ? true
        : [paths].flat().map((path) => posix.relative(posix.normalize(dir || '.'), String(path))),
    ...(rule['ignore'] === undefined ? {} : { ignore_watch: [rule['ignore']].flat() }),
    ...(debounce === null ? {} : { watch_delay: Math.round(debounce * 1_000) }),
  };
}

/** A bare name takes its value from the shell, which only JavaScript can say. */
function fromShell(env: PlainMap): PlainMap {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value === null ? `\uE000${name}\uE001` : value,
    ]),
  );
}

function setRestart(app: Record<string, Plain>, telling: Telling): void {
  const { replicas, policy } = telling.deploy();
  if (replicas !== 1) app['instances'] = replicas;
  const restart = telling.keys.text('restart');
  const schedule = telling.keys.take('schedule');
  const cron = isMap(schedule) ? schedule['cron'] : schedule;
  if (cron !== undefined) app['cron_restart'] = cron;
  if (restart === 'no' || restart === 'false' || cron !== undefined) app['autorestart'] = false;
  else if (restart?.startsWith('on-failure') === true) app['stop_exit_codes'] = [0];
  const { delay, max_attempts: attempts, window, ...rest } = policy;
  const seconds = secondsOf(delay);
  if (seconds !== null) app['restart_delay'] = Math.round(seconds * 1_000);
  if (attempts !== undefined) app['max_restarts'] = attempts;
  if (window !== undefined) app['min_uptime'] = window;
  for (const key of Object.keys(rest)) telling.lose(`deploy.restart_policy.${key}`);
}

/** Data as JavaScript, with `process.env.NAME` where a variable stands. */
function script(value: Plain, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value === 'string') return scriptString(value);
  if (Array.isArray(value)) {
    if (value.every((one) => one === null || typeof one !== 'object'))
      return `[${value.map((one) => script(one, inner)).join(', ')}]`;
    return `[\n${value.map((one) => `${inner}${script(one, inner)},\n`).join('')}${indent}]`;
  }
  if (!isMap(value)) return JSON.stringify(value);
  const lines = Object.entries(value).map(([key, one]) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    return `${inner}${name}: ${script(one, inner)},\n`;
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
}
