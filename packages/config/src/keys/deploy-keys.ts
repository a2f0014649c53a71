/** Keys of `deploy` and `ulimits`: replicas, limits, restart policy. */
import { byteSize, count, duration, numberIn, words } from '../shape/scalars.ts';
import { mapping } from '../shape/mapping.ts';
import { anything, key, laterKey, mapped, oneOf } from '../shape/shape.ts';

const replicas = count(0, 1_000);
export const positiveCount = count(1, 10_000_000);
export const cpus = numberIn({
  min: 0.01,
  max: 4_096,
  whole: false,
  wanted: 'a number of cores such as 0.5 or 2',
});
export const limitKeys = {
  memory: key(
    byteSize,
    'compose',
    'Resident memory of the whole tree; beyond it the service is restarted.',
  ),
  cpus: key(cpus, 'compose', 'Cores that the service may use; 0.5 is half a core.'),
  pids: key(positiveCount, 'compose', 'Processes and threads of the whole tree.'),
} as const;
export const restartPolicyKeys = {
  condition: key(
    words(['none', 'on-failure', 'any'] as const),
    'compose',
    'none, on-failure or any (always).',
  ),
  delay: key(duration(), 'compose', 'First wait of the back-off; 100ms unless told.'),
  max_attempts: key(
    count(0, 100_000),
    'compose',
    'Restarts within `window` before it is a crash loop; 5 unless told.',
  ),
  window: key(
    duration({ positive: true }),
    'compose',
    'The time over which restarts are counted; 60s unless told.',
  ),
} as const;
const resources = {
  limits: key(mapping(limitKeys, { wanted: 'limits' }), 'compose', 'Most that a service may use.'),
  reservations: laterKey(anything, 'compose', 'Least that it needs.'),
} as const;
export const updateConfigKeys = {
  parallelism: key(
    count(0, 1_000),
    'compose',
    'Replicas replaced at a time; 1 unless told, 0 is all at once.',
  ),
  order: key(
    words(['stop-first', 'start-first'] as const),
    'compose',
    'start-first: one more runs meanwhile, so that never fewer serve; stop-first unless told.',
  ),
  delay: key(duration(), 'compose', 'Between one being ready and the next; 0s unless told.'),
  monitor: key(
    duration(),
    'compose',
    'A fresh one must stay ready this long; 0s unless told, 1s where it has no check.',
  ),
} as const;
export const deployKeys = {
  replicas: key(replicas, 'compose', 'Instances wanted; 1 unless told.'),
  resources: key(
    mapping(resources, { wanted: 'a mapping with `limits`' }),
    'compose',
    'Limits of memory, cores and processes.',
  ),
  restart_policy: key(
    mapping(restartPolicyKeys, { wanted: 'a mapping with `condition`' }),
    'compose',
    'When and how fast it is restarted.',
  ),
  update_config: key(
    mapping(updateConfigKeys, {
      wanted: 'a mapping with `parallelism`, `order`',
      ignored: ['failure_action', 'max_failure_ratio'],
    }),
    'compose',
    'How replicas are replaced by `up` and by `restart --rolling`.',
  ),
} as const;
const deployIgnored = ['endpoint_mode', 'labels', 'mode', 'placement', 'rollback_config'];

const nofileObject = mapping(
  {
    soft: key(positiveCount, 'compose', 'The limit.'),
    hard: key(positiveCount, 'compose', 'The most it may be raised to.'),
  } as const,
  { wanted: 'a mapping with `soft` and `hard`' },
);
const ulimit = oneOf<number | null>('a number, or a mapping with `soft`', [
  mapped(nofileObject, ({ soft, hard }) => soft?.value ?? hard?.value ?? null),
  positiveCount,
]);
export const ulimitKeys = {
  nofile: key(ulimit, 'compose', 'Open files.'),
  nproc: key(ulimit, 'compose', 'Processes of the user it runs as, all of them counted.'),
} as const;
const ulimitIgnored = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'rss',
  'rtprio',
  'sigpending',
  'stack',
];

export const deployShape = mapping(deployKeys, {
  wanted: 'a mapping with `replicas`, `resources`',
  ignored: deployIgnored,
});
export const ulimitsShape = mapping(ulimitKeys, {
  wanted: 'a mapping with `nofile`',
  ignored: ulimitIgnored,
});
