/** TCP probes against real servers. */
import { createServer as createTcp } from 'node:net';
import { expect, test } from 'vitest';
import { openProbe, probeAddress } from './all.ts';
import { at, closeServers, listening, place, run } from './probe.contract.ts';

closeServers();

const tcp = { kind: 'tcp', host: null, port: null } as const;
test('a connection is up', async () => {
  const port = await listening(createTcp());
  expect(await run(tcp, at(port))).toMatchObject({ ok: true, answer: 'answered' });
});
test('and ends with a farewell, not a reset', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = createTcp((socket) => {
    socket.resume();
    socket.on('error', (error) => resolve(error.message));
    socket.on('end', () => resolve('end'));
  });
  await run(tcp, at(await listening(server)));
  expect(await promise).toBe('end');
});
test('an external service is dialled where its URL says', () =>
  expect(probeAddress(tcp, { ...place, url: 'postgres://db.example:5432/x' })).toEqual({
    host: 'db.example',
    port: 5432,
  }));
test('without a port it says so', () =>
  expect(() => openProbe(tcp, place, () => {})).toThrow(/no port/));
