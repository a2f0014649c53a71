/** Must show 6: a service that stands still is found and mended within the stated time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hangOnce, noteReadiness, victims, type HangKind } from './hang.ts';
import { openLiveStack, type LiveStack } from './live-stack.ts';

let stack: LiveStack;
beforeAll(async () => {
  stack = await openLiveStack(victims);
  noteReadiness(stack);
});
afterAll(() => stack.close());

async function check(name: string, kind: HangKind, verdict: RegExp | null): Promise<void> {
  const result = await hangOnce(stack, name, kind);
  expect(result.tookMs).toBeLessThanOrEqual(result.boundMs);
  expect(result.samePid).toBe(verdict === null);
  if (verdict === null) return;
  expect(result.evidence).toMatch(verdict);
  expect(result.said.join('\n')).toMatch(/hangs: .*killed, evidence kept[^]*healthy again after/);
}

test('a stopped Node service is continued, not restarted', () => check('node', 'sigstop', null));
test('a stopped Python service, too', () => check('python', 'sigstop', null));
test('a busy loop in Node is killed with evidence', () =>
  check('node', 'busy', /verdict: busy loop/));
test('a busy loop in Python, too', () => check('python', 'busy', /verdict: busy loop/));
test('a deadlock in Node is killed with evidence', () =>
  check('node', 'deadlock', /verdict: not running.*waits in futex/));
test('a deadlock in Python, too', () =>
  check('python', 'deadlock', /verdict: not running.*waits in futex/));
