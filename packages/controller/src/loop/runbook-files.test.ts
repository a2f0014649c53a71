import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchRunbooks } from './runbook-files.ts';

const mine = 'name: mine\ndiagnosis: hang\nstep: service.restart\nverify: healthy(target)\n';

test('a runbook that is written while the daemon runs comes into force, a broken one is told', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-runbook-files-'));
  mkdirSync(join(dir, 'runbooks'));
  const told: string[] = [];
  const files = watchRunbooks(dir, {
    append: (event) => {
      told.push(`${event.kind} ${event.text}`);
      return { seq: told.length, at: '', ...event };
    },
  });
  onTestFinished(() => {
    files.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  expect(told).toEqual([]);
  let changes = 0;
  files.onChange(() => (changes += 1));
  const names = () => files.current().map(({ name }) => name);
  writeFileSync(join(dir, 'runbooks/mine.yaml'), mine);
  await vi.waitFor(() => expect(names()).toContain('mine'), { timeout: 5_000 });
  writeFileSync(join(dir, 'runbooks/mine.yaml'), mine.replace('hang', 'hagn'));
  await vi.waitFor(() => expect(names()).not.toContain('mine'), { timeout: 5_000 });
  expect(changes).toBe(2);
  expect(told[0]).toMatch(/^runbooks\.changed 16 runbooks, 1 of them your own/);
  expect(told[1]).toMatch(/^runbooks\.refused .*runbooks\/mine\.yaml:2: .*did you mean `hang`/);
});
