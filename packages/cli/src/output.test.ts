import { deepEqual, equal } from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'vitest';
import { createOutput } from './output.ts';

function outputTo(stdout: Writable) {
  const options = { env: {}, color: 'never', quiet: true, verbose: false } as const;
  return createOutput({ stdout, stderr: stdout }, options);
}

test('a slow reader is waited for, and nobody stays behind', async () => {
  let taken = 0;
  const slow = new Writable({
    highWaterMark: 10,
    write(chunk: Buffer, _encoding, done) {
      taken += chunk.length;
      setImmediate(done);
    },
  });
  const output = outputTo(slow);
  for (let at = 0; at < 20; at += 1) {
    output.print('0123456789');
    await output.drained();
    equal(slow.writableLength, 0);
  }
  equal(taken, 200);
  deepEqual([slow.listenerCount('drain'), slow.listenerCount('close')], [0, 0]);
});

test('a reader that goes away holds nobody up', async () => {
  const gone = new Writable({ highWaterMark: 1, write: () => undefined });
  const output = outputTo(gone);
  output.print('lines');
  const waiting = output.drained();
  gone.destroy();
  await waiting;
});
