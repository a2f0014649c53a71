/** A closer look at the simulated world: what `examineService` would find of it. */
import type { EndpointExam, ProcessExam, ServiceExam } from '@fettle/core/loop/collect/exam';
import { databaseName } from './healing-stack.ts';
import { serviceOf, type HealingWorld } from './healing-world.ts';

export function examine(world: HealingWorld, name: string, nowMs: number): ServiceExam {
  const service = serviceOf(world, name);
  const view = world.views.get(name);
  const fault = world.faults.get(name)?.kind ?? null;
  const port = portOf(world, name);
  const pid = view?.pid ?? null;
  const path = `/srv/healing/${name}/config.json`;
  const changed = fault === 'bad-config';
  return {
    service: name,
    atMs: nowMs,
    processes: processesOf(world, name),
    endpoints: (service?.dependsOn ?? []).map((need) => endpoint(world, need.service)),
    names: [],
    mounts: [
      {
        path: `/srv/healing/${name}`,
        usedRatio: fault === 'disk-full' ? 1 : 0.4,
        freeBytes: fault === 'disk-full' ? 0 : 50e9,
        inodesUsedRatio: 0.1,
        readOnly: false,
        deletedOpen: [],
        reclaimable: { files: 12, bytes: 4e9 },
        topWriter: name,
      },
    ],
    files: [
      {
        path,
        exists: true,
        watched: true,
        secret: false,
        changedAtMs: changed ? (world.faults.get(name)?.sinceMs ?? null) : null,
        differsFromGood: changed,
        hasGood: true,
      },
    ],
    certificates: [],
    command: { name: 'node', found: true },
    clockSkewMs: 0,
    ports: [
      {
        port,
        owner:
          pid === null
            ? null
            : {
                pid,
                command: `node ${name}.js`,
                kind: 'ours',
                instance: `${name}.1`,
                runningForMs: 1,
              },
      },
    ],
  };
}

function processesOf(world: HealingWorld, name: string): readonly ProcessExam[] {
  const pid = world.views.get(name)?.pid ?? null;
  const fault = world.faults.get(name)?.kind;
  if (pid === null) return [];
  return [
    {
      pid,
      command: `node ${name}.js`,
      state: fault === 'stopped' ? 'T' : 'S',
      cpu: 0.01,
      waitsIn: fault === 'hang' ? 'futex_wait_queue' : 'ep_poll',
      threads: 11,
      busyThreads: 0,
      fds: world.fds.get(name) ?? 40,
      fdLimit: 1_024,
      rssBytes: 80_000_000,
      nice: 0,
      ours: true,
    },
  ];
}

function portOf(world: HealingWorld, name: string): number {
  return serviceOf(world, name)?.port?.preferred[0]?.from ?? 0;
}

function endpoint(world: HealingWorld, peer: string): EndpointExam {
  const lives = world.views.get(peer)?.state === 'running';
  const fault = world.faults.get(peer)?.kind;
  const mute = peer === databaseName && (fault === 'db-hung' || fault === 'hang');
  return {
    peer,
    host: '127.0.0.1',
    port: portOf(world, peer),
    from: 'dependency',
    tcp: lives ? 'ok' : 'refused',
    connectMs: lives ? 1 : null,
    answers: lives ? !mute && fault !== 'stopped' && fault !== 'stubborn' : null,
    listening: lives,
    owner: null,
    clients: 4,
    topClient: null,
  };
}
