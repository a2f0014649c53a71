/** Reads the steps of a runbook: actions with their parameters, guards and arrows. */
import { actionSpecs } from '../action-specs.ts';
import type { ActionSpec, ParamType } from '../action-spec.ts';
import type { Scope } from '../expression/scope.ts';
import type { ValueType } from '../expression/value-type.ts';
import { risks } from '../policy.ts';
import type { Step } from '../runbook.ts';
import { flowEnds } from './check-flow.ts';
import { gotoKeys, retryKeys, stepKeys } from './runbook-keys.ts';
import { short, type Entry, type TreeReader } from './tree-reader.ts';

/** A step and where its arrows and its name stand, for problems that show only in the whole. */
export type ReadStep = Readonly<{
  step: Step;
  named: Entry;
  arrow: Entry | null;
  onFail: Entry | null;
}>;

const idForm = /^[A-Za-z][\w-]{0,59}$/;
const once = { attempts: 1, backoffMs: 1_000, factor: 2 } as const;
/** Words to people: the run ends with them. */
const isLastWord = (action: string): boolean => action === 'escalate' || action === 'manual';

const valueTypes: Readonly<Record<ParamType, ValueType>> = {
  service: 'string',
  string: 'any',
  number: 'number',
  duration: 'duration',
  boolean: 'boolean',
};

export function readStep(
  reader: TreeReader,
  id: string,
  entry: Entry,
  scope: Scope,
): ReadStep | null {
  if (!idForm.test(id) || flowEnds.includes(id))
    return reader.refuse(entry.keySpot, entry.path, {
      code: 'E-RUNBOOK-NAME',
      message: `\`${short(id)}\` cannot be the name of a step`,
      hint: 'Use letters, digits, - and _; `verify` and `end` are taken.',
      seen: id,
    });
  const isShort = entry.node.kind === 'scalar';
  const fields = isShort
    ? new Map([['action', entry]])
    : reader.mapping(entry.node, entry.path, stepKeys);
  const named = fields?.get('action');
  if (fields === null || named === undefined) return null;
  const action = reader.word(named, [...actionSpecs.keys()], 'E-RUNBOOK-ACTION');
  const spec = action === null ? undefined : actionSpecs.get(action);
  const get = <T>(name: string, read: (found: Entry) => T | null): T | null => {
    const found = fields.get(name);
    return found === undefined ? null : read(found);
  };
  const arrow = fields.get('then') ?? null;
  const onFail = fields.get('on_fail') ?? null;
  const step: Step = {
    id,
    action: action ?? '',
    with: spec === undefined ? {} : readWith(reader, [spec, named], fields.get('with'), scope),
    timeoutMs: get('timeout', (found) => reader.duration(found)) ?? 30_000,
    retry: get('retry', (found) => readRetry(reader, found)) ?? once,
    guard: reader.expressions(fields.get('guard'), scope),
    undo: get('undo', (found) => reader.word(found, ['action', 'none'])) ?? 'action',
    risk: get('risk', (found) => reader.word(found, risks)),
    approvalRequired: get('approval', (found) => reader.word(found, ['required'])) !== null,
    next:
      get('then', (found) => reader.text(found)) ?? (isLastWord(action ?? '') ? 'end' : 'verify'),
    onFail: get('on_fail', (found) => readGoto(reader, found)),
    note: get('note', (found) => reader.text(found)),
  };
  return { step, named: entry, arrow, onFail };
}

/** `restart` or `{goto: restart}`. */
export function readGoto(reader: TreeReader, entry: Entry): string | null {
  if (entry.node.kind !== 'map') return reader.text(entry);
  const goto = reader.mapping(entry.node, entry.path, gotoKeys)?.get('goto');
  return goto === undefined ? null : reader.text(goto);
}

function readRetry(reader: TreeReader, entry: Entry): Step['retry'] | null {
  const fields = reader.mapping(entry.node, entry.path, retryKeys);
  if (fields === null) return null;
  const [attempts, backoff, factor] = ['attempts', 'backoff', 'factor'].map((key) =>
    fields.get(key),
  );
  return {
    attempts: (attempts && reader.number(attempts, [1, 10])) ?? 2,
    backoffMs: (backoff && reader.duration(backoff)) ?? once.backoffMs,
    factor: (factor && reader.number(factor, [1, 10], false)) ?? once.factor,
  };
}

/** Parameters as the action wants them; where it needs a target and none is told, the target. */
function readWith(
  reader: TreeReader,
  [spec, named]: readonly [ActionSpec, Entry],
  entry: Entry | undefined,
  scope: Scope,
): Step['with'] {
  const known = Object.keys(spec.params);
  const fields = entry === undefined ? null : reader.mapping(entry.node, entry.path, null);
  const values: Record<string, string | number | boolean> = {};
  if (spec.params['target']?.required === true) values['target'] = '${target}';
  for (const [name, found] of fields ?? []) {
    const param = spec.params[name];
    if (param === undefined || !known.includes(name)) {
      reader.refuse(found.keySpot, found.path, {
        code: 'E-RUNBOOK-PARAM',
        message: `\`${spec.name}\` takes no \`${short(name)}\``,
        hint: known.length === 0 ? 'It takes nothing.' : `It takes ${known.join(', ')}.`,
        seen: name,
        allowed: known,
      });
      continue;
    }
    const value = readParam(reader, found, param.type, scope);
    if (value !== null) values[name] = value;
  }
  for (const name of known) {
    const isGiven = Object.hasOwn(values, name) || fields?.has(name) === true;
    if (spec.params[name]?.required !== true || isGiven) continue;
    reader.refuse(named.node.spot, entry?.path ?? named.path, {
      code: 'E-RUNBOOK-PARAM',
      message: `\`${spec.name}\` needs \`${name}\``,
      hint: `Add \`with: {${name}: …}\`.`,
      allowed: [name],
    });
  }
  return values;
}

function readParam(
  reader: TreeReader,
  entry: Entry,
  type: ParamType,
  scope: Scope,
): string | number | boolean | null {
  const { node } = entry;
  const isText = node.kind === 'scalar' && typeof node.value === 'string';
  if (isText && node.value !== null && String(node.value).includes('${'))
    return reader.template(entry, scope, valueTypes[type]);
  if (type === 'duration') return reader.duration(entry);
  if (type === 'number') return reader.number(entry, [-1e12, 1e12], false);
  if (type === 'boolean') return reader.flag(entry);
  return reader.template(entry, scope);
}
