/** Every action that has means, on a stage of its own: real processes, files and servers. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import type { Service } from '@fettle/core/stack/service';
import { readProcessStat } from '@fettle/proc/process-stat';
import { runningForMs } from '@fettle/proc/process-command';
import {
  memoryHealth,
  poll,
  sleeper,
  startActionRig,
  stillStage,
  watchedFiles,
  write,
  type ActionRig,
} from './action-rig.kit.ts';
import { actionContract, vocabularyContract, type Stage } from './action.contract.ts';
import type { ActParams } from './action.ts';
import { reclaimUntil } from './disk-reclaim.ts';

vocabularyContract();

type Rigged = Readonly<{
  services: readonly Service[];
  params: ActParams | ((rig: ActionRig) => ActParams);
  prepare?: (rig: ActionRig) => Promise<void>;
  look: (rig: ActionRig) => unknown;
  count?: (rig: ActionRig) => unknown;
  settle?: (rig: ActionRig) => Promise<void>;
}>;

async function rigged(given: Rigged): Promise<Stage> {
  const { services, params, prepare, look, count, settle } = given;
  const rig = await startActionRig();
  await rig.apply(services);
  await rig.until('all run', (views) => views.every(({ pid }) => pid !== null));
  await prepare?.(rig);
  return {
    world: rig.world,
    params: typeof params === 'function' ? params(rig) : params,
    look: () => look(rig),
    ...(count === undefined ? {} : { count: () => count(rig) }),
    ...(settle === undefined ? {} : { settle: () => settle(rig) }),
    end: () => rig.end(),
  };
}

const give = (rig: ActionRig, command: 'start' | 'stop', service: string) =>
  rig.link.request({ kind: 'command', command, services: [service], actor: 'test' });
const states = (rig: ActionRig) =>
  rig.link.instances().map(({ instance, state }) => [instance, state]);
const tokens = (rig: ActionRig) => rig.link.instances().map(({ token }) => token);
const target = { target: 'api' };

actionContract({
  name: 'service.start',
  seenAfterCrash: 'done',
  open: () =>
    rigged({
      services: [sleeper('api')],
      params: target,
      look: states,
      count: tokens,
      async prepare(rig) {
        await give(rig, 'stop', 'api');
        await rig.until('it is stopped', (views) =>
          views.every(({ state }) => state === 'stopped'),
        );
      },
    }),
});

actionContract({
  name: 'service.stop',
  seenAfterCrash: 'done',
  open: () => rigged({ services: [sleeper('api')], params: target, look: states, count: tokens }),
});

actionContract({
  name: 'service.restart',
  seenAfterCrash: 'done',
  open: () =>
    rigged({
      services: [sleeper('api', { replicas: 2 })],
      params: target,
      look: states,
      count: tokens,
    }),
});

actionContract({
  name: 'service.scale',
  seenAfterCrash: 'done',
  open: () =>
    rigged({ services: [sleeper('api')], params: { ...target, by: 2, max: 3 }, look: states }),
});

const listens = `require('http').createServer((_, r) => r.end('ok')).listen(process.env.PORT, process.env.HOST)`;
const port = { preferred: [{ from: 18_600, to: 18_699 }], host: '127.0.0.1', fallback: true };

actionContract({
  name: 'port.reassign',
  seenAfterCrash: 'done',
  open: () =>
    rigged({
      services: [
        sleeper('api', { command: [process.execPath, '-e', listens], port }),
        sleeper('web', {
          dependsOn: [
            { service: 'api', condition: 'service_started', required: true, restart: false },
          ],
        }),
      ],
      params: target,
      look: (rig) =>
        rig.link.instances().map(({ instance, port: given }) => [instance, given?.port]),
      count: (rig) => rig.view('api.1').token,
    }),
});

/** Counts the SIGHUPs that it hears in its log. */
const minding = [
  '/bin/sh',
  '-c',
  'trap "echo heard" HUP; echo ready; while :; do sleep 0.05; done',
];
const spool = (rig: ActionRig, service = 'api') =>
  readFileSync(rig.view(`${service}.1`).spool ?? '', 'utf8');
const isReady = (rig: ActionRig) => poll('it minds signals', () => spool(rig).includes('ready'));
const heard = (rig: ActionRig) => spool(rig).match(/heard/g)?.length ?? 0;
const hears = (rig: ActionRig) => poll('it heard', () => heard(rig) > 0);

for (const [name, more] of [
  ['service.reload', {}],
  ['process.signal', { signal: 'HUP' }],
] as const)
  actionContract({
    name,
    seenAfterCrash: 'unknown',
    seenBeforeEffect: 'unknown',
    open: () =>
      rigged({
        services: [sleeper('api', { command: minding })],
        params: { ...target, ...more },
        prepare: isReady,
        look: states,
        count: heard,
        settle: hears,
      }),
  });

actionContract({
  name: 'bridge.reconnect',
  seenAfterCrash: 'unknown',
  seenBeforeEffect: 'unknown',
  open: () =>
    rigged({
      services: [sleeper('api', { command: minding, labels: { 'fettle.reconnect': 'SIGHUP' } })],
      params: target,
      prepare: isReady,
      look: states,
      count: heard,
      settle: hears,
    }),
});

actionContract({
  name: 'process.kill',
  seenAfterCrash: 'done',
  async open() {
    const rig = await startActionRig();
    await rig.apply([sleeper('api')]);
    const hash = rig.paths.hash.slice(0, 8);
    const env = { ...process.env, FETTLE_RUN: `${hash}old-1` };
    const orphan = spawn('sleep', ['60'], { env, stdio: 'ignore' });
    const pid = orphan.pid ?? 0;
    await poll('it is no newborn', () => (runningForMs(pid) ?? 0) > 2_100);
    return {
      world: rig.world,
      params: { pid },
      look: () => readProcessStat(pid)?.state ?? 'gone',
      end() {
        orphan.kill('SIGKILL');
        return rig.end();
      },
    };
  },
});

const good = 'port: 5432 # the database\nname: x\n';
const bad = 'port: 9999 # the database\nname: x\n';
const content = (file: string) => [readFileSync(file, 'utf8'), statSync(file).mode];

function filed(params: (file: string) => ActParams, labels: Readonly<Record<string, string>> = {}) {
  return (): Stage =>
    stillStage(({ dir, service }) => {
      const file = write(join(dir, 'api.yaml'), bad, 0o640);
      write(join(dir, 'registry', 'api.yaml'), good);
      const api = service('api', { labels });
      return {
        services: [api],
        params: { ...target, ...params(file) },
        look: () => content(file),
        world: { ledger: watchedFiles('api', new Map([[file, good]])) },
      };
    });
}
actionContract({
  name: 'config.restore',
  seenAfterCrash: 'done',
  open: filed((path) => ({ path })),
});
actionContract({ name: 'config.rollback', seenAfterCrash: 'done', open: filed(() => ({})) });
actionContract({
  name: 'config.apply',
  seenAfterCrash: 'done',
  open: filed((path) => ({ path, key: 'port', value: '5432' })),
});
for (const name of ['config.sync', 'bridge.resync'])
  actionContract({
    name,
    seenAfterCrash: 'done',
    open: filed(() => ({}), { 'fettle.registry': 'registry/api.yaml' }),
  });

actionContract({
  name: 'secret.reload',
  seenAfterCrash: 'unknown',
  seenBeforeEffect: 'unknown',
  async open() {
    const rig = await startActionRig();
    await rig.apply([sleeper('api', { command: minding })]);
    await isReady(rig);
    const file = write(join(rig.dir, 'key.txt'), 'new');
    const rows = [{ path: file, service: 'api', secret: true }];
    const world = { ...rig.world, ledger: { watched: () => rows, goodVersion: () => null } };
    const settle = () => hears(rig);
    const count = () => heard(rig);
    return { world, params: target, look: () => states(rig), count, settle, end: () => rig.end() };
  },
});

actionContract({
  name: 'cert.renew',
  seenAfterCrash: 'done',
  seenBeforeEffect: 'unknown',
  open: () =>
    stillStage(({ dir, service }) => {
      const file = write(join(dir, 'tls.pem'), 'old', 0o600);
      const hook = 'echo run >>renewals; echo new >tls.pem';
      return {
        services: [service('api', { labels: { 'fettle.renew': hook } })],
        params: target,
        look: () => content(file),
        count: () =>
          existsSync(join(dir, 'renewals')) ? readFileSync(join(dir, 'renewals'), 'utf8') : '',
        world: { ledger: watchedFiles('api', new Map([[file, null]])) },
      };
    }),
});

actionContract({
  name: 'job.quarantine',
  seenAfterCrash: 'done',
  open: () =>
    stillStage(({ dir, service }) => {
      for (const id of [1, 2]) write(join(dir, 'queue', `job-${id}.json`), `{"id": "j${id}"}`);
      return {
        services: [service('api', { labels: { 'fettle.jobs': 'queue' } })],
        params: { ...target, job: 'j2' },
        look: () =>
          readdirSync(join(dir, 'queue'))
            .filter((name) => name.endsWith('.json'))
            .toSorted(),
      };
    }),
});

actionContract({
  name: 'job.quarantine',
  seenAfterCrash: 'done',
  open: () =>
    stillStage(({ dir, service }) => {
      const file = write(join(dir, 'queue.ndjson'), '{"id": "j1"}\n{"id": "j2", "x": 1}\n{"id"');
      const aside = `${file}.dead-letter`;
      return {
        services: [service('api', { labels: { 'fettle.jobs': 'queue.ndjson' } })],
        params: { ...target, job: 'j2' },
        look: () => readFileSync(file, 'utf8'),
        count: () => [
          readFileSync(file, 'utf8'),
          existsSync(aside) ? readFileSync(aside, 'utf8') : '',
        ],
      };
    }),
});

actionContract({
  name: 'disk.reclaim',
  seenAfterCrash: 'not-done',
  open: () =>
    stillStage(({ dir, service }) => {
      for (const id of [1, 2]) {
        const file = write(join(dir, 'tmp', `${id}.cache`), 'x'.repeat(10_000));
        utimesSync(file, id, id);
      }
      return {
        services: [service('api', { cleanup: [join(dir, 'tmp', '*.cache')] })],
        params: { path: dir },
        look: () => readdirSync(join(dir, 'tmp')),
        // Never reached: all that may go, goes.
        action: reclaimUntil(2),
      };
    }),
});

actionContract({
  name: 'check.silence',
  seenAfterCrash: 'done',
  open: () =>
    stillStage(({ service, check }) => {
      const health = memoryHealth();
      return {
        services: [service('api', { healthChecks: [check] })],
        params: { ...target, check: check.name, ttl: '5m' },
        look: () => health.silences().map(({ service: name, check: one }) => [name, one]),
        world: { health },
      };
    }),
});

actionContract({
  name: 'exec',
  seenAfterCrash: 'unknown',
  seenBeforeEffect: 'unknown',
  open: () =>
    stillStage(({ dir, service }) => {
      const script = write(
        join(dir, 'runbooks', 'scripts', 'flush.sh'),
        '#!/bin/sh\necho $FETTLE_TARGET >>out\n',
      );
      chmodSync(script, 0o755);
      return {
        services: [service('api')],
        params: { ...target, command: 'flush.sh' },
        look: () => (existsSync(join(dir, 'out')) ? readFileSync(join(dir, 'out'), 'utf8') : ''),
      };
    }),
});

actionContract({
  name: 'http.call',
  seenAfterCrash: 'unknown',
  seenBeforeEffect: 'unknown',
  async open() {
    let calls = 0;
    const server = createServer((_request, response) => {
      calls += 1;
      response.end('ok');
    });
    await new Promise<void>((listening) => {
      server.listen(0, '127.0.0.1', listening);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/flush`;
    const stage = stillStage(({ service }) => ({
      services: [service('api')],
      params: { url },
      look: () => calls,
    }));
    return { ...stage, end: () => void (server.close(), stage.end()) };
  },
});

actionContract({
  name: 'wait',
  seenAfterCrash: 'not-done',
  open: () =>
    stillStage(({ service }) => ({
      services: [service('api')],
      params: { for: 50 },
      look: () => 0,
    })),
});
