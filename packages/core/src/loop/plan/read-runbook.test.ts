import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRunbook } from './read-runbook.ts';
import { treeOf } from './reading/tree-of.contract.ts';

const shortest = {
  name: 'restart-it',
  diagnosis: 'hang',
  step: 'service.restart',
  verify: 'healthy(target)',
};
// oxlint-disable-next-line unicorn/no-thenable -- the word that runbooks use; nobody awaits it
const then = (step: string) => ({ then: step });
type Tree = Readonly<Record<string, unknown>>;
const read = (changes: Tree = {}) => readRunbook(treeOf({ ...shortest, ...changes }), 'test');
/** `code seen` and what stands at the place. */
const problems = (changes: Tree) => {
  const tree = { ...shortest, ...changes };
  const text = JSON.stringify(tree);
  return readRunbook(treeOf(tree), 'test').problems.map(({ code, spot, path }) => {
    const place = text.slice(spot.offset, spot.offset + spot.length);
    return `${code.replace('E-RUNBOOK-', '')} ${path} ${place}`;
  });
};
const check = (changes: Tree, ...expected: readonly string[]) =>
  expect(problems(changes)).toEqual(expected);
const good = (changes: Tree) => {
  const { runbook, problems: found } = read(changes);
  expect(found).toEqual([]);
  if (runbook === null) throw new RangeError('no runbook');
  return runbook;
};
const steps = (all: Tree, more: Tree = {}) => {
  const { step: _step, ...rest } = shortest;
  return { tree: { ...rest, steps: all, ...more } };
};
const checkSteps = (all: Tree, more: Tree, ...expected: readonly string[]) => {
  const { tree } = steps(all, more);
  const text = JSON.stringify(tree);
  const found = readRunbook(treeOf(tree), 'test').problems.map(
    ({ code, spot }) =>
      `${code.replace('E-RUNBOOK-', '')} ${text.slice(spot.offset, spot.offset + spot.length)}`,
  );
  expect(found).toEqual(expected);
};

test('four lines are a runbook', () => {
  const runbook = good({});
  expect(runbook).toMatchObject({
    name: 'restart-it',
    version: 1,
    triggers: [{ kind: 'diagnosis', classes: ['hang'], minConfidence: 0.6 }],
    dedupe: '${target}',
    diagnose: [{ when: null, goto: 'do' }],
    verify: { settleMs: 3_000, windowMs: 10_000 },
  });
  expect(runbook.steps.get('do')).toMatchObject({
    action: 'service.restart',
    with: { target: '${target}' },
    next: 'verify',
    undo: 'action',
  });
  expect(runbook.verify.forbid).toHaveLength(1);
});
test('the full form', () => {
  const runbook = good({
    apiVersion: 'fettle/v1',
    kind: 'Runbook',
    name: undefined,
    diagnosis: undefined,
    step: undefined,
    metadata: { name: 'db', version: 3, owner: 'shop', tests: ['db-stopped'] },
    triggers: {
      any: [
        { diagnosis: ['db_down', 'db_hung'], min_confidence: '70%' },
        { when: "log_seen(target, 'x')", for: '5s' },
      ],
      never_when: ['commanded(target, 5m)'],
    },
    parameters: { db: { type: 'service', from: 'target', required: true }, limit: 'number' },
    approval: { required_when: 'risk >= high or confidence < 0.8', timeout: '10m' },
    limits: { cooldown: '5m', max_runs: { count: 3, per: '1h' }, deadline: '4m', max_targets: 1 },
    evidence: ['logs(db)', 'proc(params.peer)', 'changes'],
    diagnose: [{ when: "proc(db).state == 'stopped'", goto: 'go' }, { else: { goto: 'start' } }],
    steps: {
      go: {
        action: 'process.signal',
        with: { target: '${db}', signal: 'CONT' },
        timeout: '5s',
        undo: 'none',
        on_fail: { goto: 'start' },
      },
      start: {
        action: 'service.start',
        retry: { attempts: 2, backoff: '3s', factor: 2 },
        guard: 'limit < 5',
        risk: 'high',
        approval: 'required',
        ...then('verify'),
      },
    },
    verify: { settle: '2s', window: '20s', require: ['healthy(db)'], forbid: [] },
    watch: { recheck_at: ['5m', '1h'] },
    escalate: { severity: 'critical', reason: 'call the shop' },
    expected_success: 0.9,
  });
  expect(runbook).toMatchObject({ name: 'db', version: 3, watchMs: [300_000, 3_600_000] });
  expect(runbook.evidence).toEqual([
    { what: 'logs', of: 'db' },
    { what: 'proc', of: 'params.peer' },
    { what: 'changes', of: null },
  ]);
  expect(runbook.steps.get('go')).toMatchObject({ onFail: 'start', timeoutMs: 5_000 });
  expect(runbook.verify.forbid).toEqual([]);
});
test('a runbook can be switched off by name', () =>
  expect(readRunbook(treeOf({ name: 'high-cpu', enabled: false }), 'test')).toEqual({
    runbook: null,
    problems: [],
    name: 'high-cpu',
    enabled: false,
  }));

test('unknown keys and words are told where they stand', () => {
  check({ verfy: 'true' }, 'KEY verfy "verfy"');
  check({ diagnosis: ['hang', 'db_dwn'] }, 'DIAGNOSIS diagnosis[1] "db_dwn"');
  check({ step: 'service.restrt' }, 'ACTION step "service.restrt"');
  check({ risk: { base: 'hgh' } }, 'VALUE risk.base "hgh"');
  check({ name: 'No Name' }, 'NAME name "No Name"');
  check({ min_confidence: 7 }, 'RANGE min_confidence 7');
  check({ limits: { cooldown: 'soon' } }, 'DURATION limits.cooldown "soon"');
  check({ evidence: ['cores(target)'] }, 'VALUE evidence[0] "cores(target)"');
  check({ evidence: ['logs(targt)'] }, 'EXPRESSION evidence[0] targt');
  check({ step: { action: 'wait' } }, 'PARAM step.action "wait"');
  check({ step: { action: 'wait', with: { for: 'x' } } }, 'DURATION step.with.for "x"');
  check(
    { step: { action: 'service.restart', with: { traget: 'a' } } },
    'PARAM step.with.traget "traget"',
  );
  check({ parameters: { confidence: 'string' } }, 'NAME parameters.confidence "confidence"');
});
test('all problems at once', () =>
  expect(problems({ verfy: 1, risk: 1, step: 'x', verify: ['redy(target)'] })).toHaveLength(4));
test('expressions are placed inside their text', () => {
  check({ verify: 'healthy(targt)' }, 'EXPRESSION verify targt');
  check({ verify: ['true', 'uptime(target) > 5'] }, 'EXPRESSION verify[1] uptime(target) > 5');
  check({ verify: 'a && b' }, 'EXPRESSION verify &');
  check({ dedupe: 'x-${targt}' }, 'EXPRESSION dedupe targt');
  check(
    { step: { action: 'process.kill', with: { pid: '${target}' } } },
    'EXPRESSION step.with.pid target',
  );
});
test('arrows lead somewhere, every step is reached, every way ends', () => {
  const restart = { action: 'service.restart' };
  checkSteps({ a: { ...restart, ...then('b') } }, {}, 'STEP "b"');
  checkSteps({ a: 'service.restart', b: 'service.start' }, {}, 'UNREACHABLE "b"');
  checkSteps({ a: { ...restart, ...then('b') }, b: { ...restart, ...then('a') } }, {}, 'LOOP "a"');
  checkSteps({ a: { ...restart, on_fail: 'a' } }, {}, 'LOOP "a"');
  checkSteps({ verify: 'service.start' }, {}, 'NAME "verify"');
  checkSteps(
    { a: 'service.start' },
    { diagnose: [{ when: 'true', goto: 'a' }] },
    'ELSE "diagnose"',
  );
  checkSteps(
    { a: 'service.start' },
    { diagnose: [{ else: 'a' }, { when: 'true', goto: 'a' }] },
    'ELSE "a"',
  );
  checkSteps({ a: 'service.start' }, { diagnose: [{ else: 'b' }] }, 'STEP "b"', 'UNREACHABLE "a"');
});
test('what is missing is told', () => {
  check({ name: undefined }, 'REQUIRED  {');
  check({ diagnosis: undefined }, 'REQUIRED  {');
  check({ step: undefined }, 'REQUIRED  {');
  check({ verify: undefined }, 'REQUIRED  {');
  expect(readRunbook(treeOf([]), 'test').problems).toMatchObject([{ code: 'E-RUNBOOK-TYPE' }]);
});
test('only words to people need no verification', () =>
  expect(
    good({ step: { action: 'escalate', with: { reason: 'x' } }, verify: undefined }).steps.get('do')
      ?.next,
  ).toBe('end'));

const anything = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      ...'hang service.start a 5s healthy(target) ${target} x('.split(' '),
      '',
      1,
      -1,
      true,
      null,
    ),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...'name diagnosis step steps verify with action then on_fail goto else when any a b'.split(
          ' ',
        ),
        ...'triggers diagnose evidence limits parameters retry require metadata x'.split(' '),
      ),
      tie('tree'),
      { maxKeys: 5 },
    ),
  ),
})).tree;
test('1,000 mutated files are read or refused with places inside them', () => {
  const key = fc.constantFrom(...Object.keys(shortest), 'steps', 'diagnose', 'triggers', 'limits');
  fc.assert(
    fc.property(key, anything, fc.boolean(), (name, value, alone) => {
      const tree = alone ? value : { ...shortest, [name]: value };
      const { runbook, problems: found } = readRunbook(treeOf(tree), 'test');
      const { length } = JSON.stringify(tree);
      for (const { code, spot, message, hint } of found) {
        expect(code).toMatch(/^E-RUNBOOK-/);
        expect(spot.offset + spot.length).toBeLessThanOrEqual(length);
        expect([message, hint]).not.toContain('');
      }
      if (runbook === null) expect(found).not.toEqual([]);
    }),
    { numRuns: 1_500, seed: 7 },
  );
});
