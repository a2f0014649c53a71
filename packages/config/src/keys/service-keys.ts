/** Keys of one service: Compose's words, and ours where Compose has none. */
import { byteSize, duration, flag, parsed, pattern, text, words } from '../shape/scalars.ts';
import { mapping } from '../shape/mapping.ts';
import {
  anything,
  key,
  laterKey,
  listOf,
  mapOf,
  mapped,
  oneOf,
  type Shape,
} from '../shape/shape.ts';
import type { Spot } from '../source/node.ts';
import { commandShape, healthcheckShape, healthShape, isUrl } from './health-keys.ts';
import { portWish, publishedPorts } from './port-keys.ts';
import { containerKeys } from './container-keys.ts';
import { pairsShape } from './pair-keys.ts';
import { globs, grants } from './file-keys.ts';
import { serviceHeal } from './heal-keys.ts';
import { watchShape } from './watch-keys.ts';
import { scheduleShape } from './schedule-keys.ts';
import { cpus, deployShape, positiveCount, ulimitsShape } from './deploy-keys.ts';
import { composeHooks, hooksShape } from './hook-keys.ts';
import { ignoredServiceKeys } from './ignored-keys.ts';

export const posixSignals = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGSTOP',
  'SIGWINCH',
] as const;

/** `SIGINT`, `int` and `2` name one signal. */
const signalNumbers: Readonly<Record<string, string>> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  9: 'KILL',
  10: 'USR1',
  12: 'USR2',
  15: 'TERM',
  18: 'CONT',
  19: 'STOP',
  28: 'WINCH',
};
const signalWords = words(posixSignals);
const signal: Shape<(typeof posixSignals)[number]> = {
  ...signalWords,
  read: (node, path, sink) => {
    const written = node.kind === 'scalar' ? node.text.toUpperCase() : '';
    const name = signalNumbers[written] ?? written.replace(/^SIG/, '');
    const found = posixSignals.find((candidate) => candidate === `SIG${name}`);
    return found ?? signalWords.read(node, path, sink);
  },
  json: { type: ['string', 'integer'], description: 'A POSIX signal, such as SIGTERM.' },
};

const conditions = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
] as const;
export const dependencyKeys = {
  condition: key(
    words(conditions),
    'compose',
    'What the dependency must have reached; service_started unless told.',
  ),
  required: key(flag, 'compose', 'false: start without it and show `degraded` while it is away.'),
  restart: key(
    flag,
    'compose',
    'true: restart this service after Fettle restarted the dependency.',
  ),
} as const;
const dependencyObject = mapping(dependencyKeys, { wanted: 'a mapping with `condition`' });
export type DependencyWish = Readonly<{
  service: string;
  spot: Spot;
  condition: (typeof conditions)[number];
  required: boolean;
  restart: boolean;
}>;
const plain = { condition: 'service_started', required: true, restart: false } as const;
const blankOrObject = oneOf('a mapping with `condition`', [
  {
    ...mapped(anything, () => ({})),
    fits: (node) => node.kind === 'scalar' && node.value === null,
    json: { type: 'null' },
  },
  dependencyObject,
] as Shape<NonNullable<ReturnType<typeof dependencyObject.read>>>[]);
const dependsOn = oneOf<readonly DependencyWish[]>(
  'a list of services, or a mapping of services with conditions',
  [
    mapped(listOf(text('the name of a service'), 'a list of services'), (items) =>
      items.map(({ value, node }) => ({ service: value, spot: node.spot, ...plain })),
    ),
    mapped(mapOf(blankOrObject, 'services with conditions'), (entries) =>
      entries.map(({ name, keySpot, value }) => ({
        service: name,
        spot: keySpot,
        condition: value.condition?.value ?? 'service_started',
        required: value.required?.value ?? true,
        restart: value.restart?.value ?? false,
      })),
    ),
    mapped(text('the name of a service'), (service, node) => [
      { service, spot: node.spot, ...plain },
    ]),
  ],
);

export const envFileKeys = {
  path: key(text('a path'), 'compose', 'The file, relative to the folder of the config.'),
  required: key(flag, 'compose', 'false: the file may be missing.'),
  format: key(
    words(['raw', 'dotenv'] as const),
    'compose',
    'raw: values are taken as they stand, quotes included.',
  ),
} as const;
export type EnvFileWish = Readonly<{ path: string; spot: Spot; required: boolean; raw: boolean }>;
const oneEnvFile = oneOf<EnvFileWish>('the path of a file', [
  mapped(text('the path of a file'), (path, node) => ({
    path,
    spot: node.spot,
    required: true,
    raw: false,
  })),
  mapped(
    mapping(envFileKeys, { wanted: 'a mapping with `path`', required: ['path'] }),
    (fields, node) => ({
      path: fields.path?.value ?? '',
      spot: fields.path?.node.spot ?? node.spot,
      required: fields.required?.value ?? true,
      raw: fields.format?.value === 'raw',
    }),
  ),
]);
const envFile = oneOf<readonly EnvFileWish[]>('a path, or a list of paths', [
  mapped(listOf(oneEnvFile), (items) => items.map((item) => item.value)),
  mapped(oneEnvFile, (one) => [one]),
]);

export type ScaleWish = Readonly<{ from: number; to: number }>;
const scale = parsed<ScaleWish>(
  {
    wanted: 'a number of instances such as 2, or a range such as 1-4',
    code: 'E-CONFIG-RANGE',
    json: { type: ['integer', 'string'] },
  },
  (written) => {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(written);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    return match === null || from > to || to > 1_000 ? null : { from, to };
  },
);

export const templateKeys = {
  from: key(text('the path of the template'), 'fettle', 'The file that holds `${NAME}` variables.'),
  to: key(text('a path'), 'fettle', 'The file that is written before each start.'),
  mode: key(
    pattern(/^0?[0-7]{3}$/, 'permissions such as 0640'),
    'fettle',
    'Permissions of that file; those of the template unless told.',
  ),
  on_change: key(
    words(['restart', 'none'] as const),
    'fettle',
    '`restart`: an edit of the template restarts the service, which renders it anew; `none` unless told.',
  ),
} as const;
const templates = listOf(
  mapping(templateKeys, { wanted: 'a mapping with `from` and `to`', required: ['from', 'to'] }),
  'a list of {from, to}',
);

const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const names = mapped(
  listOf(pattern(name, 'a name of letters, digits, . _ and -', 'E-CONFIG-NAME')),
  (items) => items.map((item) => item.value),
);
const restart = parsed<
  Readonly<{ mode: 'always' | 'on-failure' | 'no' | 'unless-stopped'; count: number | null }>
>(
  {
    wanted: 'no, always, on-failure, on-failure:N or unless-stopped',
    like: ['always', 'on-failure', 'unless-stopped'],
    code: 'E-CONFIG-VALUE',
    json: {
      type: ['string', 'boolean'],
      pattern: '^(no|always|unless-stopped|on-failure(:[0-9]+)?)$|\\$',
    },
  },
  (written) => {
    const match = /^(no|false|always|unless-stopped|on-failure)(?::(\d{1,6}))?$/.exec(written);
    const [, word, tries] = match ?? [];
    if (word === undefined || (tries !== undefined && word !== 'on-failure')) return null;
    const mode =
      word === 'false' ? 'no' : (word as 'always' | 'on-failure' | 'no' | 'unless-stopped');
    return { mode, count: tries === undefined ? null : Number(tries) };
  },
);
const url = parsed(
  {
    wanted: 'an address such as http://10.0.0.5:8080 or postgres://db:5432',
    code: 'E-CONFIG-URL',
    json: { type: 'string' },
  },
  (written) =>
    /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+/i.test(written) &&
    URL.canParse(written) &&
    !isUrl(written, ['file:'])
      ? written
      : null,
);

export const serviceKeys = {
  command: key(
    commandShape,
    'compose',
    'What to run: a list of words, or text split as a shell would. Text with `&&`, `|`, `>`, `;` or `$VAR` runs through /bin/sh.',
  ),
  entrypoint: key(commandShape, 'compose', 'Stands before `command`.'),
  working_dir: key(
    text('a folder'),
    'compose',
    'Where it runs, relative to the folder of the config.',
  ),
  environment: key(
    pairsShape,
    'compose',
    'Variables; a bare name takes the value from your shell or .env.',
  ),
  env_file: key(envFile, 'compose', 'Files of variables; `environment` wins over them.'),
  depends_on: key(dependsOn, 'compose', 'Services that come first.'),
  restart: key(
    restart,
    'compose',
    'When it is started again after it ended; `always` unless told, `no` makes it a job.',
  ),
  stop_signal: key(signal, 'compose', 'The signal that asks it to stop; SIGTERM unless told.'),
  stop_grace_period: key(
    duration(),
    'compose',
    'How long it may take to stop before it is killed; 10s unless told.',
  ),
  drain: key(
    duration(),
    'fettle',
    'How long a replica finishes what it has before it is asked to stop, while others serve; 1s unless told.',
  ),
  healthcheck: key(healthcheckShape, 'compose', 'A command that tells whether it is healthy.'),
  deploy: key(deployShape, 'compose', 'Replicas, limits and restart policy.'),
  mem_limit: key(byteSize, 'compose', 'The same as deploy.resources.limits.memory.'),
  cpus: key(cpus, 'compose', 'The same as deploy.resources.limits.cpus.'),
  pids_limit: key(positiveCount, 'compose', 'The same as deploy.resources.limits.pids.'),
  ulimits: key(ulimitsShape, 'compose', 'Limits of the operating system.'),
  profiles: key(names, 'compose', 'Runs only when one of these profiles is active.'),
  labels: key(pairsShape, 'compose', 'Notes of your own, to filter by.'),
  scale: key(
    scale,
    'compose',
    'Instances: `2` (as in Compose), or `1-4` (ours): starts with 1, may grow to 4.',
  ),
  ports: key(
    publishedPorts,
    'compose',
    'The first one says where it listens: 8000 of "8000:80"; a container publishes all.',
  ),
  ...containerKeys,
  configs: key(grants, 'compose', 'Its config files, of those named in the top `configs`.'),
  secrets: key(grants, 'compose', 'Its secret files, of those named in the top `secrets`.'),
  post_start: key(composeHooks, 'compose', 'The same as `after_start` in `hooks`.'),
  pre_stop: key(composeHooks, 'compose', 'The same as `before_stop` in `hooks`.'),
  extends: key(anything, 'compose', 'Takes over another service: its name, or {file, service}.'),
  port: key(
    portWish,
    'fettle',
    'The port it listens on; it is told by PORT. `8000`, `8000-8009`, a list, `auto`, or {prefer, host, fallback}.',
  ),
  health: key(
    healthShape,
    'fettle',
    'How to see that it works: `/healthz`, `tcp`, a mapping, or a list of these.',
  ),
  external: key(
    flag,
    'fettle',
    'true: runs elsewhere; it is probed at `url`, never started or stopped.',
  ),
  url: key(url, 'fettle', 'Where an external service answers.'),
  required: key(flag, 'fettle', 'false: its failure degrades the stack and never fails it.'),
  rerun: key(
    words(['safe', 'unsafe'] as const),
    'fettle',
    '`safe`: a job whose outcome is unknown is run again; else a person decides.',
  ),
  schedule: key(
    scheduleShape,
    'fettle',
    'Run by the clock, as a job: five fields of cron, @daily, or a mapping.',
  ),
  templates: key(templates, 'fettle', 'Files written before each start, with `${NAME}` replaced.'),
  hooks: key(hooksShape, 'fettle', 'Commands before and after its start and its stop.'),
  watch: key(
    watchShape,
    'fettle',
    'Files whose change restarts it; `true`: those of its working folder.',
  ),
  class: key(
    pattern(name, 'the name of a port class', 'E-CONFIG-NAME'),
    'fettle',
    'Its class for `ports.reserved`.',
  ),
  cleanup: key(globs, 'fettle', 'Files that Fettle may delete when a disk is full: * and **.'),
  heal: key(serviceHeal, 'fettle', 'How far it may be mended alone; the top `heal` unless told.'),
  notify: laterKey(anything, 'fettle', 'Who is told.'),
  flags: laterKey(mapOf(anything, 'flags and their values'), 'fettle', 'Feature flags.'),
  retention: laterKey(anything, 'fettle', 'How long its logs and figures are kept.'),
} as const;

export const serviceShape = mapping(serviceKeys, {
  wanted: 'a service: a mapping with `command`',
  ignored: ignoredServiceKeys,
});
export type ServiceFields = NonNullable<ReturnType<typeof serviceShape.read>>;
export const serviceNamePattern = name;
