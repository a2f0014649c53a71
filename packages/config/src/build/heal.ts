/** Turns `heal:`, `policy.yaml`, `constraints:` and `notify:` into what the loop reads. */
import { allFacts } from '@fettle/core/loop/plan/facts/all';
import { checkExpression } from '@fettle/core/loop/plan/expression/check';
import { parseExpression } from '@fettle/core/loop/plan/expression/parse';
import type { Constraint, HealLevel, HealWish, NotifyTarget } from '@fettle/core/stack/heal-wish';
import type { HealFields } from '../keys/heal-keys.ts';
import type { StackFields } from '../keys/stack-keys.ts';
import { nearestOf } from '../problem/nearest.ts';
import type { ProblemSink } from '../problem/problem.ts';
import type { Located } from '../shape/shape.ts';
import { placeOf, type ScalarNode, type Spot } from '../source/node.ts';

/** What each key of the file is called in the wish. */
const wishNames: Readonly<Record<keyof HealFields, keyof HealWish>> = {
  autonomy: 'autonomy',
  services: 'services',
  freeze: 'frozenUntilMs',
  self_inflicted: 'selfInflictedMs',
  cooldown: 'cooldownMs',
  max_runs: 'maxRuns',
  block: 'block',
  chronic: 'chronic',
  cascade: 'cascade',
  manual: 'manualMs',
  max_targets: 'maxTargets',
  keep_healthy: 'keepHealthyRatio',
  concurrent_runs: 'concurrentRuns',
  deadline: 'runDeadlineMs',
  approval: 'approvalMs',
  recheck_at: 'recheckMs',
  flapping: 'flapping',
  resolve_after: 'resolveMs',
  escalation_value: 'escalationValueMs',
  good_after: 'goodAfterMs',
};

/** `services`: names that exist; null: they are not known here. */
export function buildHealWish(
  fields: HealFields | HealLevel,
  services: readonly string[] | null,
  sink: ProblemSink,
): HealWish {
  if (typeof fields === 'string') return { autonomy: fields };
  const levels = (fields.services?.value ?? []).filter(
    ({ name, keySpot }) =>
      services === null ||
      services.includes(name) ||
      refuseService(name, keySpot, { services, sink }),
  );
  const plain = Object.entries(fields).flatMap(([name, field]) =>
    name === 'services' || field === undefined
      ? []
      : [[wishNames[name as keyof HealFields], field.value] as const],
  );
  const wish: HealWish = Object.fromEntries(plain);
  if (levels.length === 0) return wish;
  return { ...wish, services: Object.fromEntries(levels.map(({ name, value }) => [name, value])) };
}

function refuseService(
  name: string,
  spot: Spot,
  { services, sink }: Readonly<{ services: readonly string[]; sink: ProblemSink }>,
): false {
  const nearest = nearestOf(name, services);
  const guess = nearest === null ? '' : `; did you mean \`${nearest}\`?`;
  sink.add({
    code: 'E-CONFIG-VALUE',
    spot,
    path: `heal.services.${name}`,
    seen: name,
    allowed: services,
    nearest,
    message: `there is no service \`${name}\`${guess}`,
    hint:
      nearest === null ? `Define services.${name}, or remove it here.` : `Write \`${nearest}\`.`,
  });
  return false;
}

/** Facts that are answered at once from what is known; the others would look at the world. */
const cheapFacts = new Map([...allFacts].filter(([, fact]) => fact.source === 'picture'));

export function buildConstraints(
  fields: NonNullable<StackFields['constraints']>['value'],
  services: readonly string[],
  sink: ProblemSink,
): readonly Constraint[] {
  // A service may be named as it is, without quotes, where its name can be a name.
  const names = Object.fromEntries(services.map((name) => [name, 'string'] as const));
  return fields.flatMap(({ value: { expr, severity, for: time, text } }, index) => {
    if (expr === undefined) return [];
    const problem = expressionProblem(expr.value, names);
    if (problem !== null) refuseExpression(expr, { ...problem, index, sink });
    return {
      expr: expr.value,
      severity: severity?.value ?? 'warn',
      forMs: time?.value ?? 0,
      text: text?.value ?? null,
      place: placeOf(expr.node.spot),
    };
  });
}

type Slip = Readonly<{ at: number; message: string; nearest: string | null }>;

function expressionProblem(
  written: string,
  names: Readonly<Record<string, 'string'>>,
): Slip | null {
  const parsed = parseExpression(written);
  if ('error' in parsed) return { ...parsed.error, nearest: null };
  const [first] = checkExpression(parsed, { names, facts: cheapFacts });
  if (first === undefined) return null;
  const { unknown, from, message } = first;
  const asks = unknown === null ? undefined : allFacts.get(unknown.word);
  if (asks?.source === 'shell')
    return {
      at: from,
      message: `${asks.name} looks at the world; only runbooks may`,
      nearest: null,
    };
  const nearest = unknown === null ? null : nearestOf(unknown.word, unknown.known);
  return { at: from, message, nearest };
}

function refuseExpression(
  { node, value }: Located<string>,
  { at, message, nearest, index, sink }: Slip & Readonly<{ index: number; sink: ProblemSink }>,
): void {
  const { spot } = node;
  const start = (node as ScalarNode).textOffset;
  sink.add({
    code: 'E-CONFIG-EXPRESSION',
    spot: start === null ? spot : { ...spot, offset: start + at, length: 1 },
    path: `constraints[${index}].expr`,
    seen: value,
    nearest,
    message: `\`expr\` is no condition: ${message}`,
    hint:
      nearest === null
        ? "Write it as in runbooks: `metric(api, 'rss_bytes') < 500MB` (docs/expressions.md)."
        : `Write \`${nearest}\`.`,
  });
}

export function buildNotify(
  fields: NonNullable<StackFields['notify']>['value'],
): readonly NotifyTarget[] {
  return fields.flatMap(({ value: { webhook, secret_env: secret, dead_man: deadMan } }) => {
    if (webhook === undefined) return [];
    const ping = deadMan === undefined ? {} : { deadMan: deadMan.value };
    return { webhook: webhook.value, secretEnv: secret?.value ?? null, ...ping };
  });
}
