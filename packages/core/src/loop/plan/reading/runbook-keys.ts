/**
 * The keys of a runbook file, each with a sentence and its JSON Schema. Reader, editor and
 * reference go by these tables, so they cannot disagree.
 */
import { diagnosisClasses } from '../../diagnose/diagnosis.ts';
import type { ActionSpec, ParamType } from '../action-spec.ts';
import { actionSpecs } from '../action-specs.ts';
import { risks } from '../policy.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;
export type RunbookKey = Readonly<{ about: string; json: JsonSchema; required?: true }>;
export type RunbookKeys = Readonly<Record<string, RunbookKey>>;

/** What may be kept before a run acts. */
export const evidenceKinds = ['logs', 'proc', 'sockets', 'stacks', 'changes'] as const;
export const parameterTypes = ['service', 'string', 'number'] as const;
export const severities = ['warn', 'error', 'critical'] as const;

const text: JsonSchema = { type: 'string' };
const condition: JsonSchema = {
  type: ['string', 'boolean'],
  description: 'An expression, see docs/expressions.md.',
};
const conditions: JsonSchema = { anyOf: [condition, { type: 'array', items: condition }] };
const duration: JsonSchema = { type: ['string', 'number'], description: '500ms, 10s, 1m30s, 2h.' };
const ratio: JsonSchema = { type: ['number', 'string'], description: '0.7 or 70%.' };
const template: JsonSchema = { type: 'string', pattern: '\\$\\{' };
const paramJson: Readonly<Record<ParamType, JsonSchema>> = {
  service: text,
  string: { type: ['string', 'number', 'boolean'] },
  number: { anyOf: [{ type: 'number' }, template] },
  duration: { anyOf: [duration, template] },
  boolean: { anyOf: [{ type: 'boolean' }, template] },
};
const classes: JsonSchema = {
  anyOf: [
    { enum: [...diagnosisClasses] },
    { type: 'array', items: { enum: [...diagnosisClasses] }, minItems: 1 },
  ],
};

export function objectJson(keys: RunbookKeys): JsonSchema {
  const required = Object.keys(keys).filter((name) => keys[name]?.required === true);
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(keys).map(([name, { about, json }]) => [
        name,
        { ...json, description: about },
      ]),
    ),
    patternProperties: { '^x-': {} },
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
  };
}

export const metadataKeys: RunbookKeys = {
  name: { about: 'Unique; a file of yours replaces a shipped runbook of its name.', json: text },
  version: {
    about: 'Count it up with every edit: what was learnt of older ones counts half.',
    json: { type: 'integer', minimum: 1 },
  },
  owner: { about: 'Who answers for it.', json: text },
  description: { about: 'One sentence.', json: text },
  tests: {
    about: 'Drills that must pass before it may act by itself.',
    json: { type: 'array', items: text },
  },
};

export const triggerKeys: RunbookKeys = {
  diagnosis: { about: 'Classes of diagnosis that start it.', json: classes },
  min_confidence: { about: 'How certain the diagnosis must be; 0.6 unless told.', json: ratio },
  when: { about: 'A raw condition, as a fallback where nothing is diagnosed.', json: condition },
  for: { about: 'How long the condition must hold; 10s unless told.', json: duration },
};

export const triggersKeys: RunbookKeys = {
  any: {
    about: 'One of these starts it.',
    json: { type: 'array', items: objectJson(triggerKeys) },
  },
  never_when: { about: 'While one of these holds, it does not start.', json: conditions },
};

export const parameterKeys: RunbookKeys = {
  type: { about: 'service, string or number.', json: { enum: [...parameterTypes] } },
  from: {
    about: 'Expression for its value; without it the fact of that name in the diagnosis.',
    json: condition,
  },
  required: { about: 'true: without a value the runbook does not fit.', json: { type: 'boolean' } },
};

export const riskKeys: RunbookKeys = {
  base: { about: 'low, medium, high or critical; steps may raise it.', json: { enum: [...risks] } },
  data_loss_possible: { about: 'May data be lost?', json: { type: 'boolean' } },
  reversible: { about: 'Can it be taken back as a whole?', json: { type: 'boolean' } },
};

export const approvalKeys: RunbookKeys = {
  required_when: { about: 'While this holds, a person must say yes.', json: condition },
  timeout: { about: 'How long to wait for the answer.', json: duration },
};

export const maxRunsKeys: RunbookKeys = {
  count: { about: 'So many runs', json: { type: 'integer', minimum: 1 }, required: true },
  per: { about: 'in this time.', json: duration, required: true },
};

export const limitKeys: RunbookKeys = {
  cooldown: { about: 'Pause between two runs on the same thing.', json: duration },
  max_runs: { about: 'Runs in a time; then a person is called.', json: objectJson(maxRunsKeys) },
  deadline: { about: 'For the whole run.', json: duration },
  max_targets: { about: 'Services that one run may touch.', json: { type: 'integer', minimum: 1 } },
};

export const branchKeys: RunbookKeys = {
  when: { about: 'The first branch that holds is taken.', json: condition },
  goto: { about: 'Step to begin with.', json: text },
  else: {
    about: 'The last branch: step when no other holds.',
    json: { anyOf: [text, objectJson({ goto: { about: 'A step.', json: text, required: true } })] },
  },
};

export const gotoKeys: RunbookKeys = { goto: { about: 'A step.', json: text, required: true } };

export const retryKeys: RunbookKeys = {
  attempts: { about: 'How often in all.', json: { type: 'integer', minimum: 1, maximum: 10 } },
  backoff: { about: 'Pause after the first failure.', json: duration },
  factor: { about: 'How much longer each pause is.', json: { type: 'number', minimum: 1 } },
};

export const stepKeys: RunbookKeys = {
  action: {
    about: 'What is done, see docs/runbooks.md.',
    json: { enum: [...actionSpecs.keys()] },
    required: true,
  },
  with: {
    about: 'Parameters of the action; texts may hold ${expression}.',
    json: { type: 'object' },
  },
  timeout: { about: 'For one try; 30s unless told.', json: duration },
  retry: { about: 'Tries when it fails; one unless told.', json: objectJson(retryKeys) },
  guard: { about: 'All must hold right before the act.', json: conditions },
  undo: {
    about: "`none`: not taken back when the cure fails. Otherwise the action's own way back.",
    json: { enum: ['action', 'none'] },
  },
  risk: { about: 'Raises the risk of the action.', json: { enum: [...risks] } },
  approval: { about: '`required`: a person must say yes.', json: { enum: ['required'] } },
  // oxlint-disable-next-line unicorn/no-thenable -- the word that runbooks use; nobody awaits it
  then: { about: 'Next step, `verify` or `end`; `verify` unless told.', json: text },
  on_fail: {
    about: 'Step when it failed for good; otherwise the run gives up and undoes.',
    json: { anyOf: [text, objectJson(gotoKeys)] },
  },
  note: { about: 'For people.', json: text },
};

export const verifyKeys: RunbookKeys = {
  settle: { about: 'What is seen so soon after the last step does not count; 3s.', json: duration },
  window: { about: 'For so long all must hold; 10s.', json: duration },
  require: { about: 'What must hold for the cure to count.', json: conditions },
  forbid: {
    about: 'Collateral damage; unless told, that a neighbour began to fail.',
    json: conditions,
  },
};

export const watchKeys: RunbookKeys = {
  recheck_at: {
    about: 'When to look again whether it stayed cured.',
    json: { type: 'array', items: duration },
  },
};

export const escalateKeys: RunbookKeys = {
  severity: { about: 'warn, error or critical.', json: { enum: [...severities] } },
  reason: { about: 'What to tell the person who is called.', json: text },
};

const actionText: JsonSchema = { enum: [...actionSpecs.keys()] };
const step: JsonSchema = {
  anyOf: [actionText, { ...objectJson(stepKeys), allOf: [...actionSpecs.values()].map(withJson) }],
};

/** What `with` may hold depends on the action beside it. */
function withJson({ name, params, summary }: ActionSpec): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(params).map(([param, { type }]) => [param, paramJson[type]]),
  );
  const given = { type: 'object', description: summary, properties, additionalProperties: false };
  const isIt = { properties: { action: { const: name } }, required: ['action'] };
  // oxlint-disable-next-line unicorn/no-thenable -- the word of JSON Schema; nobody awaits it
  return { if: isIt, then: { properties: { with: given } } };
}

export const runbookKeys: RunbookKeys = {
  apiVersion: { about: 'fettle/v1', json: { enum: ['fettle/v1'] } },
  kind: { about: 'Runbook', json: { enum: ['Runbook'] } },
  ...metadataKeys,
  metadata: { about: 'The same five keys, in one place.', json: objectJson(metadataKeys) },
  enabled: {
    about: 'false: a shipped runbook of this name is not used.',
    json: { type: 'boolean' },
  },
  diagnosis: { about: 'Short for one trigger.', json: classes },
  min_confidence: { about: 'Goes with `diagnosis`.', json: ratio },
  triggers: {
    about:
      'What starts it. `when`: a raw sign in an open incident, only where no runbook is written for the cause; held for `for`.',
    json: objectJson(triggersKeys),
  },
  never_when: { about: 'While one of these holds, it does not start.', json: conditions },
  dedupe: { about: 'Text with ${…}: equal keys are one run at a time; ${target}.', json: text },
  parameters: {
    about: 'Names for what the steps need.',
    json: {
      type: 'object',
      additionalProperties: { anyOf: [{ enum: [...parameterTypes] }, objectJson(parameterKeys)] },
    },
  },
  risk: { about: 'Of the runbook as a whole.', json: objectJson(riskKeys) },
  approval: { about: 'When a person must say yes.', json: objectJson(approvalKeys) },
  limits: { about: 'How often and how long.', json: objectJson(limitKeys) },
  evidence: {
    about: 'What is kept before it acts: logs(service), proc, sockets, stacks, changes.',
    json: { type: 'array', items: text },
  },
  diagnose: {
    about: 'Branches that tell where to begin; without them the first step.',
    json: { type: 'array', items: objectJson(branchKeys), minItems: 1 },
  },
  step: { about: 'Short for a single step.', json: step },
  steps: { about: 'By name.', json: { type: 'object', additionalProperties: step } },
  verify: {
    about: 'How it is proven that it worked.',
    json: { anyOf: [condition, { type: 'array', items: condition }, objectJson(verifyKeys)] },
  },
  watch: { about: 'What comes after.', json: objectJson(watchKeys) },
  escalate: { about: 'What a person is told when it fails.', json: objectJson(escalateKeys) },
  expected_success: { about: "The author's guess, 0-1, until there is experience.", json: ratio },
};

/** Draft 2020-12; for `.fettle/runbook.schema.json`. */
export function runbookJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A runbook of Fettle',
    description: 'docs/runbooks.md begins with the shortest one.',
    ...objectJson(runbookKeys),
  };
}
