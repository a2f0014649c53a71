/** Reads the parts of a runbook around its steps: what starts it, its names, its rails. */
import { diagnosisClasses } from '../../diagnose/diagnosis.ts';
import { reservedWords } from '../expression/parse.ts';
import { runbookNameTypes } from '../expression/runbook-names.ts';
import type { Scope } from '../expression/scope.ts';
import type { ValueType } from '../expression/value-type.ts';
import { allFacts } from '../facts/all.ts';
import type { Parameter, Runbook, Trigger } from '../runbook.ts';
import { readGoto } from './read-steps.ts';
import {
  branchKeys,
  evidenceKinds,
  limitKeys,
  maxRunsKeys,
  parameterKeys,
  parameterTypes,
  triggerKeys,
  triggersKeys,
} from './runbook-keys.ts';
import { short, spotIn, type Entry, type TreeReader } from './tree-reader.ts';

export type Fields = ReadonlyMap<string, Entry>;

const usualConfidence = 0.6;
const usualForMs = 10_000;
const nameForm = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;
const typeOfParameter: Readonly<Record<Parameter['type'], ValueType>> = {
  service: 'string',
  string: 'string',
  number: 'number',
};

export function baseScope(): Scope {
  return { names: runbookNameTypes, facts: allFacts };
}

export function withParameters(scope: Scope, parameters: readonly Parameter[]): Scope {
  const own = parameters.map(({ name, type }) => [name, typeOfParameter[type]] as const);
  return { ...scope, names: { ...scope.names, ...Object.fromEntries(own) } };
}

/** In order: each may be made of those above it. */
export function readParameters(
  reader: TreeReader,
  entry: Entry | undefined,
  scope: Scope,
): readonly Parameter[] {
  if (entry === undefined) return [];
  const found = reader.mapping(entry.node, entry.path, null) ?? new Map<string, Entry>();
  const parameters: Parameter[] = [];
  for (const [name, each] of found) {
    const taken = Object.hasOwn(scope.names, name) || reservedWords.includes(name);
    if (!nameForm.test(name) || taken) {
      reader.refuse(each.keySpot, each.path, {
        code: 'E-RUNBOOK-NAME',
        message: `\`${short(name)}\` cannot be the name of a parameter`,
        hint: taken ? 'It means something already; take another.' : 'Use letters, digits and _.',
        seen: name,
      });
      continue;
    }
    parameters.push(readParameter(reader, name, each, withParameters(scope, parameters)));
  }
  return parameters;
}

function readParameter(reader: TreeReader, name: string, entry: Entry, scope: Scope): Parameter {
  const isShort = entry.node.kind === 'scalar';
  const fields = isShort
    ? new Map([['type', entry]])
    : reader.mapping(entry.node, entry.path, parameterKeys);
  const [type, from, required] = ['type', 'from', 'required'].map((key) => fields?.get(key));
  return {
    name,
    type: (type && reader.word(type, parameterTypes)) ?? 'string',
    required: (required && reader.flag(required)) ?? false,
    from: from === undefined ? null : reader.expression(from, scope, 'any'),
  };
}

/** `triggers:` in full, or the short form. */
export function readTriggers(reader: TreeReader, fields: Fields, scope: Scope): readonly Trigger[] {
  const full = fields.get('triggers');
  const parts = full === undefined ? null : reader.mapping(full.node, full.path, triggersKeys);
  const any = parts?.get('any');
  const listed = any === undefined ? [] : reader.items(any, false);
  const triggers = listed.flatMap((entry) => {
    const one = reader.mapping(entry.node, entry.path, triggerKeys);
    return one === null ? [] : readTrigger(reader, [one, entry], scope);
  });
  const diagnosis = fields.get('diagnosis');
  if (diagnosis !== undefined) triggers.push(...readTrigger(reader, [fields, diagnosis], scope));
  return triggers;
}

function readTrigger(
  reader: TreeReader,
  [fields, entry]: readonly [Fields, Entry],
  scope: Scope,
): readonly Trigger[] {
  const [diagnosis, least, when, lasting] = ['diagnosis', 'min_confidence', 'when', 'for'].map(
    (key) => fields.get(key),
  );
  const triggers: Trigger[] = [];
  if (diagnosis !== undefined)
    triggers.push({
      kind: 'diagnosis',
      classes: reader
        .items(diagnosis)
        .flatMap((item) => reader.word(item, diagnosisClasses, 'E-RUNBOOK-DIAGNOSIS') ?? []),
      minConfidence: (least && reader.ratio(least)) ?? usualConfidence,
    });
  if (when !== undefined) {
    const condition = reader.expression(when, scope);
    const forMs = (lasting && reader.duration(lasting)) ?? usualForMs;
    if (condition !== null) triggers.push({ kind: 'when', when: condition, forMs });
  }
  if (diagnosis === undefined && when === undefined)
    reader.missing(entry.node, entry.path, 'diagnosis');
  return triggers;
}

export function readNeverWhen(
  reader: TreeReader,
  fields: Fields,
  scope: Scope,
): Runbook['neverWhen'] {
  const full = fields.get('triggers')?.node;
  const nested = full?.kind === 'map' ? full.entries.get('never_when') : undefined;
  const inside =
    nested === undefined
      ? undefined
      : { node: nested.value, path: 'triggers.never_when', keySpot: nested.keySpot };
  return [
    ...reader.expressions(inside, scope),
    ...reader.expressions(fields.get('never_when'), scope),
  ];
}

/** `logs(target)`; null stands for the stack. */
export function readEvidence(
  reader: TreeReader,
  entry: Entry | undefined,
  scope: Scope,
): Runbook['evidence'] {
  if (entry === undefined) return usualEvidence;
  return reader.items(entry).flatMap((item): Runbook['evidence'] => {
    const text = reader.text(item);
    const match = text === null ? null : /^\s*([a-z_]+)\s*(?:\(\s*([^()]+?)\s*\))?\s*$/.exec(text);
    const what = evidenceKinds.find((kind) => kind === match?.[1]);
    if (text === null || item.node.kind !== 'scalar') return [];
    if (match === null || what === undefined) {
      reader.refuse(item.node.spot, item.path, {
        code: 'E-RUNBOOK-VALUE',
        message: `\`${short(text)}\` is nothing that can be kept`,
        hint: 'Write `logs(target)`, `proc(target)`, `sockets(target)`, `stacks(target)` or `changes`.',
        seen: match?.[1] ?? text,
        allowed: evidenceKinds,
      });
      return [];
    }
    const of = match[2] ?? null;
    if (of === null) return [{ what, of }];
    const inner = {
      ...item,
      node: {
        ...item.node,
        value: of,
        text: of,
        textOffset: spotIn(item.node, text.indexOf(of), 0).offset,
      },
    };
    return reader.expression(inner, scope, 'string') === null ? [] : [{ what, of }];
  });
}

const usualEvidence: Runbook['evidence'] = [
  { what: 'logs', of: 'target' },
  { what: 'proc', of: 'target' },
  { what: 'sockets', of: 'target' },
  { what: 'changes', of: null },
];

export type ReadBranch = Readonly<{ branch: Runbook['diagnose'][number]; entry: Entry }>;

/** The last branch is `else`, and nothing comes after it. */
export function readBranches(
  reader: TreeReader,
  entry: Entry,
  scope: Scope,
): readonly ReadBranch[] {
  const branches = reader.items(entry, false).flatMap((item): ReadBranch[] => {
    const fields = reader.mapping(item.node, item.path, branchKeys);
    if (fields === null) return [];
    const [when, goto, otherwise] = ['when', 'goto', 'else'].map((key) => fields.get(key));
    if (otherwise !== undefined) {
      const step = readGoto(reader, otherwise);
      return step === null ? [] : [{ branch: { when: null, goto: step }, entry: otherwise }];
    }
    for (const [name, found] of [
      ['when', when],
      ['goto', goto],
    ] as const)
      if (found === undefined) reader.missing(item.node, item.path, name);
    const condition = when === undefined ? null : reader.expression(when, scope);
    const step = goto === undefined ? null : reader.text(goto);
    if (step === null || goto === undefined) return [];
    // A condition with problems was told already; the arrow still counts.
    const never = condition ?? {
      text: '',
      node: { kind: 'literal', value: false, from: 0, to: 0 },
    };
    return [{ branch: { when: never, goto: step }, entry: goto }];
  });
  const last = branches.findIndex(({ branch }) => branch.when === null);
  const wrong = last < 0 ? entry : branches[last + 1]?.entry;
  if (wrong !== undefined)
    reader.refuse(last < 0 ? entry.keySpot : wrong.node.spot, entry.path, {
      code: 'E-RUNBOOK-ELSE',
      message:
        last < 0 ? '`diagnose` lacks its last branch' : 'a branch after `else` is never reached',
      hint: last < 0 ? 'End it with `- else: STEP`.' : 'Move `else` to the end.',
    });
  return branches;
}

export function readLimits(reader: TreeReader, entry: Entry | undefined): Runbook['limits'] {
  const fields = entry === undefined ? null : reader.mapping(entry.node, entry.path, limitKeys);
  const [cooldown, runs, deadline, targets] = [
    'cooldown',
    'max_runs',
    'deadline',
    'max_targets',
  ].map((key) => fields?.get(key));
  return {
    cooldownMs: cooldown === undefined ? null : reader.duration(cooldown),
    maxRuns: runs === undefined ? null : readMaxRuns(reader, runs),
    deadlineMs: deadline === undefined ? null : reader.duration(deadline),
    maxTargets: targets === undefined ? null : reader.number(targets, [1, 1_000]),
  };
}

function readMaxRuns(reader: TreeReader, entry: Entry): Runbook['limits']['maxRuns'] {
  const fields = reader.mapping(entry.node, entry.path, maxRunsKeys);
  const [count, per] = ['count', 'per'].map((key) => fields?.get(key));
  if (count === undefined || per === undefined) return null;
  const runs = reader.number(count, [1, 1_000]);
  const perMs = reader.duration(per);
  return runs === null || perMs === null ? null : { count: runs, perMs };
}
