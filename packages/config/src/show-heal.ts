/** The parts of a stack that speak of mending, as a config again; reads back to the same. */
import type { GivenSecret } from '@fettle/core/stack/given-secret';
import type { HealWish } from '@fettle/core/stack/heal-wish';
import type { Service, Stack } from '@fettle/core/stack/service';

type Plain = Record<string, unknown>;

/** Exact, unlike `formatDuration`: it is read back. */
export function durationText(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** The path of a webhook is often its password. */
function hidden(webhook: string): string {
  const { origin, pathname, search } = new URL(webhook);
  return pathname === '/' && search === '' ? webhook : `${origin}/***`;
}

export function healDocument(stack: Stack, secrets: 'masked' | 'shown'): Readonly<Plain> {
  const document: Plain = {};
  const { heal, selfHealing, constraints, notify, configs = [] } = stack;
  const given = stack.services.flatMap((service) => service.given ?? []);
  const named = (secret: boolean) => [
    ...given
      .filter((one) => one.secret === secret && one.from === null)
      .map(({ name, secretText }) => [name, { content: secrets === 'shown' ? secretText : '***' }]),
    ...configs
      .filter((file) => file.secret === secret)
      .map(({ name, path }) => [name, { file: path }]),
  ];
  for (const [key, files] of [
    ['configs', named(false)],
    ['secrets', named(true)],
  ] as const)
    if (files.length > 0) document[key] = Object.fromEntries(files);
  if (heal !== undefined) document['heal'] = wishDocument(heal);
  if (selfHealing !== undefined) document['self_healing'] = selfHealing;
  if (constraints !== undefined)
    document['constraints'] = constraints.map(({ expr, severity, forMs, text }) => ({
      expr,
      severity,
      for: durationText(forMs),
      ...(text === null ? {} : { text }),
    }));
  if (notify !== undefined)
    document['notify'] = notify.map(({ webhook, secretEnv, deadMan }) => ({
      webhook: secrets === 'shown' ? webhook : hidden(webhook),
      ...(secretEnv === null ? {} : { secret_env: secretEnv }),
      ...(deadMan === undefined ? {} : { dead_man: deadMan }),
    }));
  return document;
}

export function serviceHealDocument({
  heal,
  cleanup,
  configs = [],
  given = [],
}: Service): Readonly<Plain> {
  const document: Plain = {};
  for (const secret of [false, true]) {
    const grants = given.filter((one) => one.secret === secret).map(grantDocument);
    const names = configs
      .filter((file) => file.secret === secret && !given.some(({ name }) => name === file.name))
      .map(({ name }) => name);
    const all = [...names, ...grants];
    if (all.length > 0) document[secret ? 'secrets' : 'configs'] = all;
  }
  if (cleanup !== undefined) document['cleanup'] = cleanup;
  if (heal !== undefined) document['heal'] = heal;
  return document;
}

function grantDocument({ name, env, path, mode }: GivenSecret): Plain {
  return {
    source: name,
    ...(env === null ? {} : { env }),
    ...(path === null ? {} : { path, mode: `0${mode.toString(8)}` }),
  };
}

function wishDocument(wish: HealWish): Plain {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : durationText(ms));
  const { maxRuns, block, chronic, cascade, flapping, frozenUntilMs, recheckMs } = wish;
  const document: Plain = {
    autonomy: wish.autonomy,
    services: wish.services,
    freeze: frozenUntilMs === undefined ? undefined : new Date(frozenUntilMs).toISOString(),
    self_inflicted: time(wish.selfInflictedMs),
    cooldown: time(wish.cooldownMs),
    max_runs: maxRuns && { count: maxRuns.count, per: time(maxRuns.perMs) },
    block: block && { failures: block.failures, for: time(block.forMs) },
    chronic: chronic && { heals: chronic.heals, within: time(chronic.withinMs) },
    cascade: cascade && {
      ratio: cascade.ratio,
      services: cascade.services,
      within: time(cascade.withinMs),
    },
    manual: time(wish.manualMs),
    max_targets: wish.maxTargets,
    keep_healthy: wish.keepHealthyRatio,
    concurrent_runs: wish.concurrentRuns,
    deadline: time(wish.runDeadlineMs),
    approval: time(wish.approvalMs),
    recheck_at: recheckMs?.map(durationText),
    flapping: flapping && {
      checks: flapping.checks,
      begin: flapping.beginRatio,
      end: flapping.endRatio,
    },
    resolve_after: time(wish.resolveMs),
    escalation_value: time(wish.escalationValueMs),
    good_after: time(wish.goodAfterMs),
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}
