import { deepEqual } from 'node:assert/strict';
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'vitest';
import { texts, world } from './logs.kit.ts';

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('write'), lines: fc.integer({ min: 1, max: 900 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'read' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('kill'),
      index: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' }) },
) as fc.Arbitrary<{ kind: string; lines?: number; index?: number }>;

test('any order of writes, rotations, kills and restarts loses and doubles no line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const stack = await world({ segmentBytes: 64 * 1024 });
      const written: string[] = [];
      let token = 1;
      stack.run('api.1', 'e-1');
      for (const { kind, lines = 0, index = 0 } of steps) {
        if (kind === 'write') {
          const fresh = Array.from(
            { length: lines },
            (_, n) => `${written.length + n} ${'z'.repeat((n * 37) % 300)}`,
          );
          written.push(...fresh);
          stack.write('api.1', `e-${token}`, `${fresh.join('\n')}\n`);
        } else if (kind === 'read') {
          await stack.logs().catchUp();
          await stack.logs().sweep();
        } else if (kind === 'restart') {
          stack.end('api.1', `e-${token}`);
          stack.run('api.1', `e-${++token}`);
        } else await stack.again(() => tear(join(stack.logsDir, 'api.1'), index));
      }
      const found = (await stack.read()).filter((line) => line.kind === 'line');
      deepEqual(texts(found), written);
      const count = Math.min(written.length, 700);
      deepEqual(
        texts((await stack.read({ tail: 700 })).filter((line) => line.kind === 'line')),
        written.slice(written.length - count),
      );
    }),
    { numRuns: 25 },
  );
});

/** What a kill may leave: an index cut anywhere, half a record, an unfinished segment. */
function tear(folder: string, part: number): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.idx')) continue;
    truncateSync(join(folder, name), Math.floor(statSync(join(folder, name)).size * part));
    writeFileSync(join(folder, name.replace('.idx', '.0099.zst.tmp')), 'half');
  }
}
