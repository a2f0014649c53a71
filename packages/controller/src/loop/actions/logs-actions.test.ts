/** Rotating and bounding the log of a real run, through the real log part. */
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLogs, type Logs } from '../../logs/logs-part.ts';
import { sleeper, startActionRig, type ActionRig } from './action-rig.kit.ts';
import { openActions } from './act-once.ts';
import type { ActionWorld } from './action-world.ts';
import { allActions } from './all.ts';

let rig: ActionRig;
let logs: Logs;
let world: ActionWorld;
beforeAll(async () => {
  rig = await startActionRig();
  await rig.apply([sleeper('api')]);
  await rig.until('api runs', (views) => views.every(({ pid }) => pid !== null));
  const { logsDir, runLog } = rig.paths;
  logs = await openLogs({ logsDir, runLog, link: rig.link, limits: { freeBytes: 0 } });
  world = { ...rig.world, logs };
});
afterAll(async () => {
  await logs.stop();
  await rig.end();
});

const timeoutMs = 20_000;
async function act(action: string, key: string) {
  const actions = openActions(allActions, world);
  const given = { key, action, params: { target: 'api', ttl: '5m' }, timeoutMs };
  const { capture, ok } = await actions.capture(given);
  expect(ok).toBe(true);
  return { actions, deed: { ...given, capture }, acted: await actions.act({ ...given, capture }) };
}

test('a log is compressed and gives its space back', async () => {
  const line = `${'the same words again '.repeat(5)}\n`;
  appendFileSync(rig.view('api.1').spool ?? '', line.repeat(50_000));
  const { acted } = await act('logs.rotate', 'l1');
  expect(acted).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/^1 segment compressed, [1-9]/),
  });
});

test('a flood is bounded for a while, over a restart, until the way back', async () => {
  const { actions, deed, acted } = await act('logs.rate_limit', 'l2');
  expect(acted.detail).toBe('the log of api is bounded to 16 MiB for now');
  expect(logs.boundOf('api')).toMatchObject({ bytes: 16 * 1_048_576 });
  world.deeds.begin('l2');
  expect((await actions.observe(deed)).seen).toBe('done');
  expect(await actions.undo(deed)).toMatchObject({ ok: true });
  expect(logs.boundOf('api')).toBeNull();
});
