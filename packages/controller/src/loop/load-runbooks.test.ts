import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diagnosisClasses } from '@fettle/core/loop/diagnose/diagnosis';
import { expect, onTestFinished, test } from 'vitest';
import { loadRunbooks, readRunbookFiles } from './load-runbooks.ts';

const folder = (files: Readonly<Record<string, string>>) => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-runbooks-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'runbooks'));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(dir, 'runbooks', name), text);
  return dir;
};
const load = (files: Readonly<Record<string, string>>) => {
  const dir = folder(files);
  return loadRunbooks({ dir, cwd: dir });
};
const places = (files: Readonly<Record<string, string>>) =>
  load(files).problems.map(
    ({ code, place, message }) => `${place.file}:${place.line}:${place.column} ${code} ${message}`,
  );
const shipped = loadRunbooks({ dir: null, cwd: '/' });

test('the shipped runbooks have no problem', () => {
  expect(shipped.problems).toEqual([]);
  expect(shipped.runbooks.map(({ name }) => name).join(' ')).toBe(
    'bridge-config-mismatch bridge-half-open bridge-interpreter-missing bridge-peer-down ' +
      'certificate clock-skew config-failure constraint-broken database-connection-failure ' +
      'disk-full high-cpu memory-exhaustion network-connectivity port-conflict service-failure',
  );
});
test('every class of diagnosis has exactly one of them', () => {
  const covered = shipped.runbooks.flatMap(({ triggers }) =>
    triggers.flatMap((trigger) => (trigger.kind === 'diagnosis' ? trigger.classes : [])),
  );
  expect(covered.toSorted()).toEqual(
    diagnosisClasses.filter((one) => one !== 'unknown').toSorted(),
  );
});
test('their steps keep evidence, end within the deadline and leave an answer to a failed act', () => {
  for (const { name, steps, evidence, verify } of shipped.runbooks) {
    expect([name, evidence.length > 0]).toEqual([name, true]);
    expect([name, verify.settleMs <= 5_000 && verify.windowMs <= 20_000]).toEqual([name, true]);
    for (const step of steps.values()) expect(step.timeoutMs).toBeLessThanOrEqual(120_000);
  }
});

const mine = 'name: high-cpu\ndiagnosis: hang\nstep: service.restart\nverify: healthy(target)\n';
test('a file of the user replaces the shipped one of its name', () => {
  const { runbooks, problems } = load({ 'mine.yaml': mine, 'notes.md': 'x', '.x.yaml': ':' });
  expect(problems).toEqual([]);
  const found = runbooks.filter(({ name }) => name === 'high-cpu');
  expect(found).toMatchObject([{ triggers: [{ classes: ['hang'] }] }]);
  expect(found[0]?.origin).toMatch(/mine\.yaml$/);
});
test('JSON is read, too, and a runbook can be switched off', () => {
  const json = JSON.stringify({ name: 'high-cpu', enabled: false });
  const { runbooks, problems } = load({ 'off.json': json });
  expect(problems).toEqual([]);
  expect(runbooks).toHaveLength(shipped.runbooks.length - 1);
});
test('with a problem neither it nor the shipped one is used', () => {
  const { runbooks } = load({ 'mine.yaml': mine.replace('healthy', 'helthy') });
  expect(runbooks.some(({ name }) => name === 'high-cpu')).toBe(false);
});
test('problems stand where they were typed, with the nearest word', () => {
  expect(places({ 'a.yaml': mine.replace('healthy', 'helthy') })).toEqual([
    'runbooks/a.yaml:4:9 E-RUNBOOK-EXPRESSION `verify`: there is no fact `helthy`; did you mean `healthy`?',
  ]);
  expect(
    places({
      'a.yaml': mine.replace('verify: h', "verify: [\n  'x < 3s and h").replace(/\n$/, "'\n]\n"),
    }),
  ).toEqual(['runbooks/a.yaml:5:4 E-RUNBOOK-EXPRESSION `verify[0]`: `x` is not known here']);
  expect(places({ 'a.yaml': `${mine}vrify: 1\n`, 'b.yaml': 'name: [\n', 'c.yaml': '' })).toEqual([
    'runbooks/a.yaml:5:1 E-RUNBOOK-KEY a runbook has no key `vrify`; did you mean `verify`?',
    expect.stringMatching(/^runbooks\/b\.yaml:1:7 E-CONFIG-YAML/),
    'runbooks/c.yaml:1:1 E-RUNBOOK-EMPTY runbooks/c.yaml is empty',
  ]);
});
test('two files of one name are told', () => {
  expect(places({ 'a.yaml': mine, 'b.yaml': mine })).toEqual([
    'runbooks/b.yaml:1:1 E-RUNBOOK-TWICE `high-cpu` is also the name of runbooks/a.yaml',
  ]);
});
test('a named file that is not there is told', () =>
  expect(readRunbookFiles(['/nowhere/x.yaml'], '/').problems).toMatchObject([
    { code: 'E-RUNBOOK-READ' },
  ]));
