/**
 * Keys of `heal:`, of `policy.yaml` and of what stands beside them: `self_healing`, `constraints`,
 * `notify`. The defaults are those of `core/loop/plan/policy.ts`; a key says only what is different.
 */
import { capabilities } from '@fettle/core/loop/plan/flags';
import { defaultPolicy } from '@fettle/core/loop/plan/policy';
import { healLevels, type HealLevel } from '@fettle/core/stack/heal-wish';
import { mapping } from '../shape/mapping.ts';
import { count, duration, flag, parsed, text, words } from '../shape/scalars.ts';
import {
  key,
  listOf,
  mapOf,
  mapped,
  oneOf,
  type Fields,
  type Key,
  type Shape,
} from '../shape/shape.ts';

const level = words(healLevels);

const shareJson = {
  anyOf: [
    { type: 'number', minimum: 0, maximum: 1 },
    { type: 'string', pattern: '^[0-9]{1,3}(\\.[0-9]+)?%$|^(0|1|0?\\.[0-9]+)$|\\$' },
  ],
};

/** `51%` or `0.51`. */
export const share = parsed<number>(
  { wanted: 'a share such as 51% or 0.51', code: 'E-CONFIG-RANGE', json: shareJson },
  (written) => {
    const match = /^(\d{1,3}(?:\.\d{1,6})?)%$|^([01]|[01]?\.\d{1,6})$/.exec(written);
    if (match === null) return null;
    const value = match[1] === undefined ? Number(match[2]) : Number(match[1]) / 100;
    return value <= 1 ? value : null;
  },
);

const zoned = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,3})?(?:Z|[+-]\d\d:?\d\d))?$/;

/** Epoch ms; a day alone begins at midnight UTC. */
const time = parsed<number>(
  {
    wanted: 'a time such as 2027-01-02T06:00:00Z, or a day such as 2027-01-02',
    code: 'E-CONFIG-VALUE',
    json: { type: 'string' },
  },
  (written) => {
    const atMs = zoned.test(written) ? Date.parse(written.replace(' ', 'T')) : Number.NaN;
    return Number.isNaN(atMs) ? null : atMs;
  },
);

const few = count(1, 1_000);
const span = duration({ positive: true });

export const maxRunsKeys = {
  count: key(few, 'fettle', 'Runs of one runbook on one thing; 3 unless told.'),
  per: key(span, 'fettle', 'Within this time; 1h unless told.'),
} as const;
export const blockKeys = {
  failures: key(few, 'fettle', 'Verified failures in a row that block a runbook; 3 unless told.'),
  for: key(span, 'fettle', 'Blocked for this long; 1h unless told.'),
} as const;
export const chronicKeys = {
  heals: key(few, 'fettle', 'Cures of the same thing that call a person; 3 unless told.'),
  within: key(span, 'fettle', 'Within this time; 1h unless told.'),
} as const;
export const cascadeKeys = {
  ratio: key(
    share,
    'fettle',
    'Share of the services that turn unhealthy together; 50% unless told.',
  ),
  services: key(few, 'fettle', 'At least so many services; 2 unless told.'),
  within: key(span, 'fettle', 'Within this time of each other; 60s unless told.'),
} as const;
export const flappingKeys = {
  checks: key(count(3, 1_000), 'fettle', 'Checks that are looked at; 21 unless told.'),
  begin: key(share, 'fettle', 'Share of changes from which it is flapping; 50% unless told.'),
  end: key(share, 'fettle', 'Share of changes below which it is calm again; 25% unless told.'),
} as const;

const maxRuns = mapped(
  mapping(maxRunsKeys, { wanted: 'a mapping with `count` and `per`' }),
  ({ count: runs, per }) => ({
    count: runs?.value ?? defaultPolicy.maxRuns.count,
    perMs: per?.value ?? defaultPolicy.maxRuns.perMs,
  }),
);
const block = mapped(
  mapping(blockKeys, { wanted: 'a mapping with `failures` and `for`' }),
  ({ failures, for: time }) => ({
    failures: failures?.value ?? defaultPolicy.block.failures,
    forMs: time?.value ?? defaultPolicy.block.forMs,
  }),
);
const chronic = mapped(
  mapping(chronicKeys, { wanted: 'a mapping with `heals` and `within`' }),
  ({ heals, within }) => ({
    heals: heals?.value ?? defaultPolicy.chronic.heals,
    withinMs: within?.value ?? defaultPolicy.chronic.withinMs,
  }),
);
const cascade = mapped(
  mapping(cascadeKeys, { wanted: 'a mapping with `ratio`, `services` and `within`' }),
  ({ ratio, services, within }) => ({
    ratio: ratio?.value ?? defaultPolicy.cascade.ratio,
    services: services?.value ?? defaultPolicy.cascade.services,
    withinMs: within?.value ?? defaultPolicy.cascade.withinMs,
  }),
);
const flapping = mapped(
  mapping(flappingKeys, { wanted: 'a mapping with `checks`, `begin` and `end`' }),
  ({ checks, begin, end }) => ({
    checks: checks?.value ?? defaultPolicy.flapping.checks,
    beginRatio: begin?.value ?? defaultPolicy.flapping.beginRatio,
    endRatio: end?.value ?? defaultPolicy.flapping.endRatio,
  }),
);

/** Of `heal:` in the config and of `policy.yaml`. */
export const healKeys = {
  autonomy: key(
    level,
    'fettle',
    'How far it may go alone: observe, suggest, approve, safe or full; earned by outcomes unless told.',
  ),
  services: key(
    mapOf(level, 'services and how far each may be mended alone'),
    'fettle',
    'The same by service.',
  ),
  freeze: key(time, 'fettle', 'Until then nothing is changed; restarting the dead goes on.'),
  self_inflicted: key(
    duration(),
    'fettle',
    'After an own act on a service its symptoms are our doing for this long; 30s unless told.',
  ),
  cooldown: key(duration(), 'fettle', 'Rest of a runbook on the same thing; 5m unless told.'),
  max_runs: key(maxRuns, 'fettle', 'How often a runbook may run on the same thing.'),
  block: key(block, 'fettle', 'When failures block a runbook.'),
  chronic: key(chronic, 'fettle', 'When cures that do not last call a person.'),
  cascade: key(
    cascade,
    'fettle',
    'When many failures are one incident, and only its root is acted on.',
  ),
  manual: key(
    duration(),
    'fettle',
    'After your own command or edit on a service risky acts on it ask first; 30m unless told.',
  ),
  max_targets: key(few, 'fettle', 'Services that one run may touch; 1 unless told.'),
  keep_healthy: key(share, 'fettle', 'Share of instances that go on serving; 51% unless told.'),
  concurrent_runs: key(few, 'fettle', 'Runs at one time; 2 unless told.'),
  deadline: key(span, 'fettle', 'Time for a whole run; 4m unless told.'),
  approval: key(span, 'fettle', 'How long a question waits for a yes; 10m unless told.'),
  recheck_at: key(
    mapped(listOf(span), (items) => items.map((item) => item.value)),
    'fettle',
    'Looks back after a cure; 5m, 1h and 24h unless told.',
  ),
  flapping: key(flapping, 'fettle', 'When a service counts as unstable.'),
  resolve_after: key(
    span,
    'fettle',
    'An incident closes after this long without symptoms; 10s unless told.',
  ),
  escalation_value: key(
    span,
    'fettle',
    "A person's time that a cure saves; 30m unless told. The longer, the more is tried first.",
  ),
  good_after: key(
    span,
    'fettle',
    'A version of a file is kept as good once a service started with it and was well so long; 60s unless told.',
  ),
} as const;

const healObject = mapping(healKeys, { wanted: 'a mapping such as {autonomy: safe}' });
export type HealFields = Fields<typeof healKeys>;
export const healShape: Shape<HealFields | HealLevel> = oneOf<HealFields | HealLevel>(
  'observe, suggest, approve, safe, full, or a mapping such as {autonomy: safe}',
  [level, healObject],
);

export const serviceHealKeys = {
  autonomy: key(level, 'fettle', 'How far this service may be mended alone.'),
} as const;
export const serviceHeal: Shape<HealLevel | undefined> = oneOf<HealLevel | undefined>(
  'observe, suggest, approve, safe or full',
  [
    level,
    mapped(
      mapping(serviceHealKeys, { wanted: 'a mapping with `autonomy`' }),
      ({ autonomy }) => autonomy?.value,
    ),
  ],
);

const about: Readonly<Record<(typeof capabilities)[number], string>> = {
  error_collection: 'Take error reports.',
  monitoring: 'Collect figures, logs and states.',
  error_detection: 'Notice exits, failing checks, hangs and new errors.',
  performance_monitoring: 'Notice figures beyond their limits or their usual range.',
  pattern_analysis: 'Notice new, surging and vanished kinds of log lines.',
  diagnosis: 'Look for causes.',
  recovery: 'Act; switched off, plans are only suggested.',
  escalation: 'Call people.',
  learning: 'Weigh remedies by their outcomes.',
  prediction: 'Notice limits that will be reached.',
  optimization: 'Try the less known of harmless remedies now and then.',
};

const switchOrShare = oneOf<number>('true, false, or a share of services such as 25%', [
  {
    ...mapped(flag, Number),
    fits: (node) => node.kind === 'scalar' && /^(true|false|yes|no|on|off)$/i.test(node.text),
  },
  share,
]);

export const selfHealingKeys = Object.fromEntries(
  capabilities.map((name) => [name, key(switchOrShare, 'fettle', about[name])]),
) as Readonly<Record<(typeof capabilities)[number], Key<number>>>;

/** One switch for all, or each its own. */
export const selfHealing = oneOf<Readonly<Record<string, number>>>(
  'true, false, or a mapping of capabilities',
  [
    mapped(switchOrShare, (all) => Object.fromEntries(capabilities.map((name) => [name, all]))),
    mapped(mapping(selfHealingKeys, { wanted: 'a mapping of capabilities' }), (fields) =>
      Object.fromEntries(
        Object.entries(fields).flatMap(([name, field]) =>
          field === undefined ? [] : [[name, field.value]],
        ),
      ),
    ),
  ],
);

/** A whole `policy.yaml`: the keys of `heal`, and the switches. */
export const policyShape = mapping(
  {
    ...healKeys,
    self_healing: key(selfHealing, 'fettle', 'As in the config; what stands here wins.'),
  },
  { wanted: 'a mapping such as `autonomy: safe`' },
);

export const constraintKeys = {
  expr: key(
    text('an expression'),
    'fettle',
    'What must hold, as in runbooks (docs/expressions.md).',
  ),
  severity: key(
    words(['warn', 'error'] as const),
    'fettle',
    '`error` opens an incident; `warn`, unless told, may.',
  ),
  for: key(duration(), 'fettle', 'Broken for this long before it counts; 0s unless told.'),
  text: key(text(), 'fettle', 'What to say when it is broken; the expression unless told.'),
} as const;
export const constraints = listOf(
  mapping(constraintKeys, { wanted: 'a mapping with `expr`', required: ['expr'] }),
  'a list of {expr, severity}',
);

const webhook = parsed(
  {
    wanted: 'an address such as https://hooks.example.org/fettle',
    code: 'E-CONFIG-URL',
    json: { type: 'string' },
  },
  (written) => (/^https?:\/\/[^/\s]+/i.test(written) && URL.canParse(written) ? written : null),
);
const variableName = parsed(
  {
    wanted: 'the name of an environment variable, such as HOOK_SECRET',
    code: 'E-CONFIG-NAME',
    json: { type: 'string' },
  },
  (written) => (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(written) ? written : null),
);
export const notifyKeys = {
  webhook: key(webhook, 'fettle', 'Where the messages go, as signed CloudEvents.'),
  secret_env: key(
    variableName,
    'fettle',
    'Variable of the daemon that holds the signing secret; unsigned unless told.',
  ),
  dead_man: key(
    webhook,
    'fettle',
    'Called every minute while the loop is alive: when that stops, nobody watches.',
  ),
} as const;
export const notifyTargets = listOf(
  mapping(notifyKeys, { wanted: 'a mapping with `webhook`', required: ['webhook'] }),
  'a list of {webhook, secret_env, dead_man}',
);
