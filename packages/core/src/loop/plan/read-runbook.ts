/**
 * Makes a checked runbook of a parsed file, or tells every problem with its place at once.
 *
 * Defaults carry nearly everything: a name, one diagnosis, one step and one line of verification
 * are a runbook. What it cannot say it refuses: an unknown key would be a rail that is not there.
 */
import { assert } from '@fettle/sdk/assert';
import type { Expression } from './expression/expression.ts';
import { parseExpression } from './expression/parse.ts';
import type { Scope } from './expression/scope.ts';
import { risks } from './policy.ts';
import { checkFlow, flowEnds, type FlowFault } from './reading/check-flow.ts';
import {
  baseScope,
  readBranches,
  readEvidence,
  readLimits,
  readNeverWhen,
  readParameters,
  readTriggers,
  withParameters,
  type Fields,
  type ReadBranch,
} from './reading/read-parts.ts';
import { readStep, type ReadStep } from './reading/read-steps.ts';
import {
  approvalKeys,
  escalateKeys,
  metadataKeys,
  riskKeys,
  runbookKeys,
  severities,
  verifyKeys,
  watchKeys,
  type RunbookKeys,
} from './reading/runbook-keys.ts';
import type { RunbookProblem, TreeNode } from './reading/runbook-tree.ts';
import { short, TreeReader, type Entry } from './reading/tree-reader.ts';
import type { Runbook, Step, Verify } from './runbook.ts';

export type ReadRunbook = Readonly<{
  /** null: it has problems, or it only switches a runbook off. */
  runbook: Runbook | null;
  problems: readonly RunbookProblem[];
  /** As far as it could be read, for messages and for switching off. */
  name: string | null;
  enabled: boolean;
}>;

const nameForm = /^[a-z0-9][a-z0-9-]{0,59}$/;
const neighboursSuffer = known(
  'any(other in neighbours(target): became_failing_since_start(other))',
);

/** `origin`: `shipped`, or the file. */
export function readRunbook(tree: TreeNode, origin: string): ReadRunbook {
  const reader = new TreeReader();
  const fields = reader.mapping(tree, '', runbookKeys);
  if (fields === null)
    return { runbook: null, problems: reader.problems, name: null, enabled: true };
  const draft = new Draft(reader, fields, tree);
  const enabledField = fields.get('enabled');
  const enabled = (enabledField && reader.flag(enabledField)) ?? true;
  const metadata = draft.metadata();
  const runbook = enabled ? draft.whole(metadata, origin) : null;
  const { problems } = reader;
  return {
    runbook: problems.length === 0 ? runbook : null,
    problems,
    name: metadata.name,
    enabled,
  };
}

type Metadata = Pick<Runbook, 'version' | 'description' | 'owner' | 'tests'> &
  Readonly<{ name: string | null }>;

class Draft {
  readonly #reader: TreeReader;
  readonly #fields: Fields;
  readonly #tree: TreeNode;

  constructor(reader: TreeReader, fields: Fields, tree: TreeNode) {
    this.#reader = reader;
    this.#fields = fields;
    this.#tree = tree;
  }

  #get<T>(key: string, read: (entry: Entry) => T | null, fields = this.#fields): T | null {
    const entry = fields.get(key);
    return entry === undefined ? null : read(entry);
  }

  #part(key: string, partKeys: RunbookKeys): Fields {
    const empty: Fields = new Map();
    return this.#get(key, ({ node, path }) => this.#reader.mapping(node, path, partKeys)) ?? empty;
  }

  metadata(): Metadata {
    const reader = this.#reader;
    const fields = new Map([...this.#fields, ...this.#part('metadata', metadataKeys)]);
    this.#get('apiVersion', (entry) => reader.word(entry, ['fettle/v1']));
    this.#get('kind', (entry) => reader.word(entry, ['Runbook']));
    const named = fields.get('name');
    const name = named === undefined ? null : reader.text(named);
    if (named === undefined) reader.missing(this.#tree, '', 'name');
    else if (name !== null && !nameForm.test(name))
      reader.refuse(named.node.spot, named.path, {
        code: 'E-RUNBOOK-NAME',
        message: `\`${short(name)}\` cannot be the name of a runbook`,
        hint: 'Use lower-case letters, digits and -.',
        seen: name,
      });
    const tests = this.#get(
      'tests',
      (entry) => reader.items(entry).flatMap((item) => reader.text(item) ?? []),
      fields,
    );
    return {
      name,
      version: this.#get('version', (entry) => reader.number(entry, [1, 1_000_000]), fields) ?? 1,
      description: this.#get('description', (entry) => reader.text(entry), fields) ?? '',
      owner: this.#get('owner', (entry) => reader.text(entry), fields),
      tests: tests ?? [],
    };
  }

  whole(metadata: Metadata, origin: string): Runbook {
    const reader = this.#reader;
    const fields = this.#fields;
    const base = baseScope();
    const parameters = readParameters(reader, fields.get('parameters'), base);
    const scope = withParameters(base, parameters);
    const triggers = readTriggers(reader, fields, scope);
    const isStarted = fields.has('diagnosis') || fields.has('triggers');
    if (!isStarted) reader.missing(this.#tree, '', 'diagnosis');
    const steps = this.#steps(scope);
    const diagnose = this.#starts(steps, scope);
    const whole = new Map([...steps].map(([id, { step }]) => [id, step]));
    this.#checkArrows(steps, diagnose);
    return {
      ...metadata,
      name: metadata.name ?? '',
      origin,
      triggers,
      neverWhen: readNeverWhen(reader, fields, scope),
      dedupe: this.#get('dedupe', (entry) => reader.template(entry, scope)) ?? '${target}',
      parameters,
      risk: this.#risk(),
      approval: this.#approval(scope),
      limits: readLimits(reader, fields.get('limits')),
      evidence: readEvidence(reader, fields.get('evidence'), scope),
      diagnose: diagnose.map(({ branch }) => branch),
      steps: whole,
      verify: this.#verify(whole, scope),
      watchMs: this.#watch(),
      escalate: this.#escalate(),
      expectedSuccess: this.#get('expected_success', (entry) => reader.ratio(entry)),
    };
  }

  #steps(scope: Scope): ReadonlyMap<string, ReadStep> {
    const reader = this.#reader;
    const found = new Map<string, ReadStep>();
    const single = this.#fields.get('step');
    const read = single === undefined ? null : readStep(reader, 'do', single, scope);
    if (read !== null) found.set('do', read);
    const several = this.#fields.get('steps');
    if (several !== undefined)
      for (const [id, entry] of reader.mapping(several.node, several.path, null) ?? []) {
        const step = readStep(reader, id, entry, scope);
        if (step !== null) found.set(id, step);
      }
    if (single === undefined && several === undefined) reader.missing(this.#tree, '', 'steps');
    return found;
  }

  #starts(steps: ReadonlyMap<string, ReadStep>, scope: Scope): readonly ReadBranch[] {
    const entry = this.#fields.get('diagnose');
    if (entry !== undefined) return readBranches(this.#reader, entry, scope);
    const [first] = steps;
    return first === undefined
      ? []
      : [{ branch: { when: null, goto: first[0] }, entry: first[1].named }];
  }

  #checkArrows(steps: ReadonlyMap<string, ReadStep>, starts: readonly ReadBranch[]): void {
    const names = [...steps.keys()];
    const check = (name: string, entry: Entry | null, allowed: readonly string[]): void => {
      if (allowed.includes(name) || entry === null) return;
      const { node, path, keySpot } = entry;
      this.#reader.refuse(node.kind === 'scalar' ? node.spot : keySpot, path, {
        code: 'E-RUNBOOK-STEP',
        message: `there is no step \`${short(name)}\``,
        hint: `There is ${allowed.join(', ')}.`,
        seen: name,
        allowed,
      });
    };
    for (const { branch, entry } of starts) check(branch.goto, entry, names);
    for (const { step, arrow, onFail } of steps.values()) {
      check(step.next, arrow, [...names, ...flowEnds]);
      if (step.onFail !== null) check(step.onFail, onFail, [...names, ...flowEnds]);
    }
    const whole = new Map([...steps].map(([id, { step }]) => [id, step]));
    const branches = starts.map(({ branch }) => branch);
    for (const fault of checkFlow(whole, branches)) this.#tellFlow(fault, steps);
  }

  #tellFlow(fault: FlowFault, steps: ReadonlyMap<string, ReadStep>): void {
    const name = fault.kind === 'circle' ? (fault.steps[0] ?? '') : fault.step;
    const entry = steps.get(name)?.named;
    if (entry === undefined) return;
    if (fault.kind === 'circle')
      this.#reader.refuse(entry.keySpot, entry.path, {
        code: 'E-RUNBOOK-LOOP',
        message: `these steps go in a circle: ${fault.steps.join(' -> ')}`,
        hint: 'Give a step `retry` to try it again; every way must end in `verify` or `end`.',
        seen: name,
      });
    else
      this.#reader.refuse(entry.keySpot, entry.path, {
        code: 'E-RUNBOOK-UNREACHABLE',
        message: `nothing leads to the step \`${name}\``,
        hint: 'Name it by `goto`, `then` or `on_fail`, or remove it.',
        seen: name,
      });
  }

  #verify(steps: ReadonlyMap<string, Step>, scope: Scope): Verify {
    const reader = this.#reader;
    const entry = this.#fields.get('verify');
    const isFull = entry?.node.kind === 'map';
    const fields = isFull ? this.#part('verify', verifyKeys) : new Map<string, Entry>();
    const require = isFull ? fields.get('require') : entry;
    const proves = [...steps.values()].some(
      ({ next, onFail }) => next === 'verify' || onFail === 'verify',
    );
    if (proves && require === undefined)
      reader.missing(this.#tree, entry?.path ?? '', isFull ? 'require' : 'verify');
    const forbid = fields.get('forbid');
    return {
      settleMs: this.#get('settle', (found) => reader.duration(found), fields) ?? 3_000,
      windowMs: this.#get('window', (found) => reader.duration(found), fields) ?? 10_000,
      require: reader.expressions(require, scope),
      forbid: forbid === undefined ? [neighboursSuffer] : reader.expressions(forbid, scope),
    };
  }

  #risk(): Runbook['risk'] {
    const reader = this.#reader;
    const fields = this.#part('risk', riskKeys);
    return {
      base: this.#get('base', (entry) => reader.word(entry, risks), fields) ?? 'low',
      dataLoss: this.#get('data_loss_possible', (entry) => reader.flag(entry), fields) ?? false,
      reversible: this.#get('reversible', (entry) => reader.flag(entry), fields) ?? true,
    };
  }

  #approval(scope: Scope): Runbook['approval'] {
    const reader = this.#reader;
    const fields = this.#part('approval', approvalKeys);
    return {
      when: this.#get('required_when', (entry) => reader.expression(entry, scope), fields),
      timeoutMs: this.#get('timeout', (entry) => reader.duration(entry), fields),
    };
  }

  #watch(): readonly number[] {
    const reader = this.#reader;
    const fields = this.#part('watch', watchKeys);
    const times = this.#get('recheck_at', (entry) => reader.items(entry), fields);
    return (times ?? []).flatMap((item) => reader.duration(item) ?? []);
  }

  #escalate(): Runbook['escalate'] {
    const reader = this.#reader;
    const fields = this.#part('escalate', escalateKeys);
    return {
      severity: this.#get('severity', (entry) => reader.word(entry, severities), fields) ?? 'error',
      reason: this.#get('reason', (entry) => reader.text(entry), fields),
    };
  }
}

/** An expression of ours. */
function known(text: string): Expression {
  const expression = parseExpression(text);
  assert(!('error' in expression), `our own expression can be read: ${text}`);
  return expression;
}
