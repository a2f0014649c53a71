/** A group's cause: the root, not the callers; and how rivals share the odds. */
import { expect, test } from 'vitest';
import { allDecisionRules } from './decision-rules/all.ts';
import { diagnose, diagnoseBy } from './diagnose.ts';
import { groupSymptoms } from './root-cause.ts';
import { checkDown, ends, explained, gone, halted, of, says, shows } from './situation.kit.ts';
import { nowMs, stackOf, type ServiceSketch, type Story } from './situation-stack.kit.ts';
import { endpoint, examined } from './situation-exam.kit.ts';

function solve({ picture, symptoms, exams }: Story) {
  return groupSymptoms(picture, symptoms, nowMs).map((group) => ({
    group,
    found: diagnose(group, picture, exams, nowMs),
  }));
}

test('fifty callers of one stopped database are one group, on the database', () => {
  const callers = Array.from({ length: 50 }, (_, index) => `caller-${index}`);
  const sketches: Record<string, ServiceSketch> = { store: { kind: 'database', port: 5_432 } };
  for (const [index, name] of callers.entries())
    sketches[name] = { port: 8_000 + index, needs: ['store'] };
  const story = stackOf(sketches);
  gone(story, 'store', { signal: 'SIGTERM', code: 143 });
  for (const name of callers) {
    checkDown(story, name, 'HTTP 503');
    says(story, name, 'Error: connect ECONNREFUSED 127.0.0.1:5432', { times: 3 });
  }
  examined(story, 'store');
  examined(story, 'caller-7', {
    endpoints: [endpoint('store', 5_432, { tcp: 'refused', listening: false })],
  });
  const solved = solve(story);
  expect(solved).toHaveLength(1);
  expect(solved[0]?.found).toMatchObject({ class: 'db_down', target: 'store' });
  expect(solved[0]?.found.confidence).toBeGreaterThan(0.8);
  expect(solved[0]?.group.services).toHaveLength(51);
  expect(solved[0]?.found.affected).toHaveLength(50);
});

test('a peer that says nothing to a bridge that is alive itself: sure enough to act', () => {
  const story = stackOf({
    far: { port: 9_001 },
    gate: { kind: 'bridge', port: 9_002, needs: ['far'], checks: ['http', 'tcp'] },
  });
  const alive = of(story, 'gate').checks.get('gate.1/port')!;
  alive.last = { ...alive.last, role: 'liveness' };
  checkDown(story, 'gate', 'HTTP 503: {"trouble":"silent for 4s"}');
  examined(story, 'gate', { endpoints: [endpoint('far', 9_001, { answers: null })] });
  const [solved] = solve(story);
  expect(solved?.found).toMatchObject({ class: 'bridge_half_open', target: 'far' });
  expect(solved?.found.confidence).toBeGreaterThan(0.8);
});

test('two services that fail by themselves are two groups', () => {
  const story = stackOf({ a: { port: 1_000 }, b: { port: 1_001 }, c: { needs: ['a', 'b'] } });
  gone(story, 'a', { code: 3 });
  halted(story, 'b');
  checkDown(story, 'b', 'no answer in 2s', { as: 'stopped' });
  const solved = solve(story);
  expect(solved.map(({ found }) => `${found.class} ${found.target}`)).toEqual([
    'crash a',
    'stopped b',
  ]);
});

test('what an earlier trouble left behind does not speak in a new one', () => {
  const story = stackOf({ api: { port: 5_001 } });
  // Its incident was over 25 s ago.
  ends(story, 'api', { endedBy: 'memory-limit', code: 143, signal: 'SIGTERM', agoMs: 45_000 });
  explained(story, 'api', 'memory-limit', { agoMs: 45_000, line: 'over 250 MB' });
  story.symptoms.length = 0;
  checkDown(story, 'api', 'HTTP 500: fetch failed', { agoMs: 6_000 });
  const [group] = groupSymptoms(story.picture, story.symptoms, nowMs);
  const asked = { group: group!, picture: story.picture, exams: story.exams, nowMs };
  expect(diagnoseBy(allDecisionRules, asked)).toMatchObject({ class: 'oom_killed' });
  const settled = new Map([['api', nowMs - 25_000]]);
  const found = diagnoseBy(allDecisionRules, { ...asked, settled });
  expect(found).toMatchObject({ class: 'unknown', others: [] });
});

test('not even where a window of a symptom reaches back before its end', () => {
  const story = stackOf({ api: { port: 5_001 } });
  ends(story, 'api', { code: 1, agoMs: 40_000 });
  says(story, 'api', "Error: Cannot find module 'left-pad'", { agoMs: 40_000 });
  ends(story, 'api', { signal: 'SIGKILL', agoMs: 4_000 });
  story.symptoms.length = 0;
  shows(story, 'api', 'crash-loop', { agoMs: 40_000 });
  const [group] = groupSymptoms(story.picture, story.symptoms, nowMs);
  const asked = { group: group!, picture: story.picture, exams: story.exams, nowMs };
  expect(diagnoseBy(allDecisionRules, asked)).toMatchObject({ class: 'missing_module' });
  const settled = new Map([['api', nowMs - 15_000]]);
  const found = diagnoseBy(allDecisionRules, { ...asked, settled });
  expect(found.class).not.toBe('missing_module');
  expect(found.others.map((one) => one.class)).not.toContain('missing_module');
});

test('nor does what was asked while the earlier trouble lasted', () => {
  const story = stackOf({
    store: { kind: 'database', port: 5_432 },
    api: { port: 5_001, needs: ['store'] },
  });
  checkDown(story, 'api', 'HTTP 503', { agoMs: 6_000 });
  examined(story, 'api', { endpoints: [endpoint('store', 5_432, { answers: false })] });
  const [group] = groupSymptoms(story.picture, story.symptoms, nowMs);
  const asked = { group: group!, picture: story.picture, exams: story.exams, nowMs };
  expect(diagnoseBy(allDecisionRules, asked)).toMatchObject({ class: 'db_hung' });
  const settled = new Map([['store', nowMs + 1]]);
  expect(diagnoseBy(allDecisionRules, { ...asked, settled })).toMatchObject({ class: 'unknown' });
});
