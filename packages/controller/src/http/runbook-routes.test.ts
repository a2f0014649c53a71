import { afterAll, beforeAll, expect, test } from 'vitest';
import { aService, aStack, aView, startRig, type Rig } from '../controller.kit.ts';
import { schemaByName } from './schemas.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ stack: aStack([aService('api')]), views: [aView('api')] });
});
afterAll(() => rig.stop());

const post = async (path: string, body: unknown) => {
  const answer = await fetch(`${rig.url}/api/v1/runbooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

test('a preview tells the branch, the acts and the proof', async () => {
  const { status, body } = await post('service-failure/preview', {
    target: 'api',
    diagnosis: 'hang',
  });
  expect(status).toBe(200);
  expect(schemaByName.get('DryRunDocument')?.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    runbook: 'service-failure',
    diagnosis: 'hang',
    target: 'api',
    never: null,
    // The rig's loop has seen no service yet.
    steps: [{ step: 'call_owner', action: 'escalate', text: expect.stringMatching(/^api is not/) }],
  });
  expect(body['verify']).toContain('exits(target) == 0');
});
test('a run by hand is taken', async () => {
  const { status, body } = await post('high-cpu/run', { target: 'api' });
  expect([status, body['accepted']]).toEqual([200, true]);
});
test.each([
  ['hgh-cpu/run', { target: 'api' }, 404, 'E-RUNBOOK-UNKNOWN'],
  ['high-cpu/run', { target: 'apo' }, 404, 'E-SERVICE-UNKNOWN'],
  ['high-cpu/run', {}, 400, 'E-API-INPUT'],
  ['high-cpu/run', { target: 'api', params: { 'a b': 1 } }, 400, 'E-API-INPUT'],
  ['high-cpu/preview', { target: 'api', params: { a: { b: 1 } } }, 400, 'E-API-INPUT'],
])('%s %j is refused', async (path, wish, status, code) => {
  const answer = await post(path, wish);
  expect([answer.status, answer.body['code']]).toEqual([status, code]);
});
