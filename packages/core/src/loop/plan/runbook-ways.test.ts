import { expect, test } from 'vitest';
import { readRunbook } from './read-runbook.ts';
import { treeOf } from './reading/tree-of.contract.ts';
import { waysThrough } from './runbook-ways.ts';

const ways = (steps: Readonly<Record<string, unknown>>, diagnose?: readonly unknown[]) => {
  const tree = { name: 'x', diagnosis: 'hang', steps, diagnose, verify: 'healthy(target)' };
  const { runbook } = readRunbook(treeOf(tree), 'test');
  if (runbook === null) throw new RangeError('no runbook');
  return waysThrough(runbook).map(({ when, steps: taken, end, undone, kept }) => {
    const walked = taken.map(({ step, done }) => `${step}${done ? '+' : '-'}`).join(' ');
    return `${when ?? 'else'}: ${walked} ${end}; undo ${undone.join(' ')}; keep ${kept.join(' ')}`;
  });
};

test('a single step is proven or gives up', () =>
  expect(ways({ a: 'service.restart' })).toEqual([
    'else: a+ verified; undo ; keep a',
    'else: a- gives-up; undo ; keep ',
  ]));
test('every branch, every failure', () =>
  expect(
    ways(
      {
        put: { action: 'config.restore', ['then' as const]: 'start', on_fail: 'call' },
        start: 'service.start',
        call: { action: 'escalate', with: { reason: 'x' } },
      },
      [{ when: 'ready(target)', goto: 'put' }, { else: 'call' }],
    ),
  ).toEqual([
    'ready(target): put+ start+ verified; undo start put; keep ',
    'ready(target): put+ start- gives-up; undo put; keep ',
    'ready(target): put- call+ person; undo ; keep ',
    'else: call+ person; undo ; keep ',
  ]));
