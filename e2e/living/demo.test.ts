/** `fettle demo` plays its three lessons on a real stack, keeps its promises, leaves nothing. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { tempStack } from '@fettle/cli/temp-stack.contract';

const left = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('fettle-demo-'));

test('three incidents, each as it was promised; then the folder is gone', async () => {
  const before = left();
  const stack = tempStack({});
  try {
    const { code, stdout, stderr } = await stack.fettle('demo');
    expect(stderr).not.toContain('not as promised');
    expect(code).toBe(0);
    expect(stdout).toContain('1 of 3: a process dies');
    expect(stdout).toMatch(/127\.0\.0\.1:1\b/);
    expect(stdout).toContain('$ fettle incidents');
    expect(left().filter((name) => !before.includes(name))).toEqual([]);
  } finally {
    await stack.remove();
  }
});
