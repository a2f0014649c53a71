/** `POST /api/v1/errors`: acknowledged means stored, secrets stay out, rubbish is refused clearly. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { createPrng, nextRandom } from '@fettle/core/supervise/prng';
import { afterAll, beforeAll, test } from 'vitest';
import { startRig, until, type Rig } from '../controller.kit.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

type Json = ReturnType<typeof JSON.parse>;
const send = async (body: string): Promise<{ status: number; body: Json }> => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${rig.url}/api/v1/errors`, { method: 'POST', body, headers });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
};
const report = (body: unknown) => send(JSON.stringify(body));
const groups = async (query = ''): Promise<Json[]> => {
  const answer = await fetch(`${rig.url}/api/v1/errors${query}`);
  return ((await answer.json()) as Json).groups;
};
const stored = (query: string, count: number) =>
  until(async () => (await groups(query)).reduce((sum, { count: own }) => sum + own, 0) === count);

test('one report, then the same again: one group', async () => {
  const error = { message: 'no user 17', service: 'one', stack: 'Error\n    at x (/a/b.js:1:2)' };
  deepEqual(await report(error), {
    status: 202,
    body: { schema: 'fettle.error-receipt/v1', accepted: 1 },
  });
  equal((await report({ ...error, message: 'no user 18', release: 'v3' })).status, 202);
  await stored('?service=one', 2);
  const [group, ...others] = await groups('?service=one&since=1h');
  deepEqual(others, []);
  deepEqual([group.count, group.message, group.release], [2, 'no user 18', 'v3']);
  ok(group.stack.includes('/a/b.js'));
});
test('a batch, with the fingerprints of the sender', async () => {
  const errors = ['a', 'b', 'a'].map((fingerprint) => ({
    message: 'm',
    service: 'batch',
    fingerprint,
  }));
  equal((await report({ errors })).body.accepted, 3);
  await stored('?service=batch', 3);
  deepEqual((await groups('?service=batch')).map(({ count }) => count).toSorted(), [1, 2]);
});
test('secrets are taken out before anything is written', async () => {
  const secret = 'hunter2hunter2';
  const fields = { message: `password=${secret} refused`, stack: `at postgres://a:${secret}@db/x` };
  equal((await report({ ...fields, service: 'secret', release: `token=${secret}` })).status, 202);
  await stored('?service=secret', 1);
  ok(!JSON.stringify(await groups('?service=secret')).includes(secret));
});
test('what was acknowledged is there after a restart', async () => {
  equal((await report({ message: 'last words', service: 'kept' })).status, 202);
  rig = await rig.restart();
  await stored('?service=kept', 1);
});
test('what does not fit is refused with the field and a hint', async () => {
  for (const bad of [
    {},
    { message: '' },
    { errors: [] },
    [],
    'x',
    7,
    null,
    { message: 'x', service: '../x' },
  ]) {
    const { status, body } = await report(bad);
    deepEqual([status, body.code], [400, 'E-API-INPUT'], JSON.stringify(bad));
    ok(body.hint.length > 0);
  }
  const errors = Array.from({ length: 101 }, () => ({ message: 'x' }));
  equal((await report({ errors })).status, 400);
  equal((await send('{"message":')).body.code, 'E-API-INPUT');
  equal((await send(JSON.stringify({ message: 'x', stack: 'y'.repeat(3e6) }))).status, 413);
});

/** Values that JSON allows and nobody expects. */
const odd: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  ' ',
  '\u0000',
  '\ud800',
  'x'.repeat(30_000),
  '__proto__',
  [],
  {},
  [[]],
  [null],
  { message: 1 },
  { message: {} },
  { errors: {} },
  { errors: [7] },
  { constructor: { prototype: {} } },
  '%s%n',
  '<script>',
  '../../etc',
];
function fuzzed(seed: string): string {
  const prng = createPrng(seed);
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(nextRandom(prng) * items.length)] as Item;
  const names = ['message', 'stack', 'fingerprint', 'release', 'service', 'errors', '__proto__'];
  const object = (): Json =>
    Object.fromEntries(names.filter(() => nextRandom(prng) < 0.4).map((name) => [name, pick(odd)]));
  const value = pick([object, () => ({ errors: [object(), object()] }), () => pick(odd)])();
  const text = JSON.stringify(value) ?? '';
  if (nextRandom(prng) < 0.7) return text;
  const at = Math.floor(nextRandom(prng) * text.length);
  return text.slice(0, at) + pick(['', '}', '"', '\u0000', '\\']) + text.slice(at + 1);
}

test('1,000 fuzzed inputs: a clear refusal or a receipt, never a crash', async () => {
  const seen = new Map<number, number>();
  for (let round = 0; round < 1_000; round += 25)
    await Promise.all(
      Array.from({ length: 25 }, async (_, index) => {
        const text = fuzzed(`errors-${round + index}`);
        const { status, body } = await send(text);
        seen.set(status, (seen.get(status) ?? 0) + 1);
        if (status === 202) return equal(body.schema, 'fettle.error-receipt/v1');
        ok(status >= 400 && status < 500, `${status}: ${text.slice(0, 200)}`);
        ok(body.code.startsWith('E-') && body.hint.length > 0 && body.detail.length > 0, text);
      }),
    );
  ok((seen.get(202) ?? 0) > 20 && (seen.get(400) ?? 0) > 200, JSON.stringify([...seen]));
  deepEqual(rig.errors, []);
  equal((await fetch(`${rig.url}/readyz`)).status, 200);
});
