import { deepEqual, equal, match } from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { afterEach, test } from 'vitest';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { startController, type Controller } from './controller.ts';
import { nullParts, startRig, type Rig } from './controller.kit.ts';

let rig: Rig | null = null;
let second: Controller | null = null;
afterEach(async () => {
  await second?.stop();
  await rig?.stop();
  rig = null;
  second = null;
});

/** As after a crash: started, and asked at once. */
async function again({ paths }: Rig): Promise<StatusDocument> {
  second = await startController({
    paths,
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    version: '0.1.0',
    dashboardDir: null,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    buildParts: () => nullParts(),
  });
  return (await (await fetch(`${second.url}/api/v1/status`)).json()) as StatusDocument;
}

test('the first answer of a restarted controller knows the services', async () => {
  rig = await startRig();
  await rig.controller.stop();
  const { services, daemon } = await again(rig);
  deepEqual([services.map(({ name }) => name), daemon.supervisorConnected], [['db', 'api'], true]);
});

test('without a supervisor it answers all the same and says that it is away', async () => {
  rig = await startRig();
  await rig.controller.stop();
  await rig.supervisor.close();
  rmSync(rig.paths.supervisorSocket, { force: true });
  const startMs = performance.now();
  const { summary, daemon } = await again(rig);
  equal(daemon.supervisorConnected, false);
  match(summary, /the supervisor is away/);
  equal(performance.now() - startMs < 6_000, true);
  rig = { ...rig, controller: { ...rig.controller, stop: () => Promise.resolve() } };
});
