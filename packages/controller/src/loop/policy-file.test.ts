import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Stack } from '@fettle/core/stack/service';
import { watchPolicy, type PolicyInForce, type PolicyProblem } from './policy-file.ts';

type Told = Readonly<{ inForce: PolicyInForce; problems: readonly PolicyProblem[] }>;

const stack = { heal: { autonomy: 'approve', maxTargets: 2 }, services: [{ name: 'api' }] };
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function open(text: string | null) {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-policy-'));
  const path = join(dir, 'policy.yaml');
  if (text !== null) writeFileSync(path, text);
  const waiting: ((told: Told) => void)[] = [];
  const policy = watchPolicy({
    dir,
    stack: () => stack as unknown as Stack,
    env: { LEVEL: 'full' },
    onChange: (inForce, problems) => {
      for (const resolve of waiting.splice(0)) resolve({ inForce, problems });
    },
  });
  cleanups.push(policy.stop, () => rmSync(dir, { recursive: true }));
  return {
    policy,
    /** As an editor does: a new file takes the place of the old one. */
    async write(next: string): Promise<Told> {
      const told = new Promise<Told>((resolve) => waiting.push(resolve));
      writeFileSync(`${path}.new`, next);
      renameSync(`${path}.new`, path);
      return told;
    },
  };
}

const check = (text: string | null, expected: object) =>
  expect(open(text).policy.current().policy).toMatchObject(expected);

test('without a file the config decides', () =>
  check(null, { autonomy: 'approve', maxTargets: 2 }));
test('an empty file says nothing', () => check('# nothing\n', { autonomy: 'approve' }));
test('the file wins, variables and all', () =>
  check('autonomy: ${LEVEL}\ncooldown: 1m\n', {
    autonomy: 'full',
    cooldownMs: 60_000,
    maxTargets: 2,
  }));
test('an edit is in force at once', async () => {
  const { write } = open('autonomy: safe\n');
  const { inForce, problems } = await write('autonomy: observe\nself_healing: {recovery: off}\n');
  expect([inForce.policy.autonomy, inForce.flags.recovery, problems]).toEqual(['observe', 0, []]);
});
test('a mistake changes nothing and is told with its place', async () => {
  const { policy, write } = open('autonomy: safe\n');
  const { inForce, problems } = await write('autonomy: observe\nservices: {apj: full}\n');
  expect(inForce.policy.autonomy).toBe('safe');
  expect(problems).toMatchObject([
    { code: 'E-CONFIG-VALUE', nearest: 'api', place: { file: 'policy.yaml', line: 2 } },
  ]);
  expect(policy.problems()).toHaveLength(1);
});
test('a file that is no YAML stops nothing', () => {
  const { policy } = open('autonomy: [\n');
  expect(policy.current().policy.autonomy).toBe('approve');
  expect(policy.problems().length).toBeGreaterThan(0);
});
