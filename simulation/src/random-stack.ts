/**
 * Stacks of 5 to 30 services with random graphs: chains, fans, replicas, jobs, optional edges,
 * external services, overlapping port lists. Acyclic, since cycles are refused before a start.
 */
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Hook, Hooks } from '@fettle/core/stack/hook';
import type { PortRequest } from '@fettle/core/stack/port';
import type { Dependency, Service, Stack } from '@fettle/core/stack/service';
import type { Dice } from './dice.ts';

export function randomStack(dice: Dice): Stack {
  const count = dice.int(5, 30);
  const services: Service[] = [];
  for (let i = 0; i < count; i += 1) services.push(randomService(dice, i, services));
  return {
    name: 'simulated',
    dir: '/stack',
    files: ['/stack/fettle.yaml'],
    configModifiedAtMs: 0,
    services,
    reservedPorts: [{ class: 'db', from: 5_400, to: 5_499 }],
  };
}

export const CONTROLLER = plainService('@controller', {
  port: { preferred: [{ from: 7_700, to: 7_700 }], host: '127.0.0.1', fallback: true },
});

/** One edit as a person makes it; jobs and graph stay, so that the stack can become healthy. */
export function randomEdit(dice: Dice, stack: Stack): Stack {
  const at = dice.int(0, stack.services.length - 1);
  const services = stack.services.map((service, i) => {
    if (i !== at) return service;
    if (dice.chance(0.5)) {
      const environment = { ...service.environment, VERSION: String(dice.int(1, 1_000_000)) };
      return { ...service, environment };
    }
    if (dice.chance(0.3) && service.port !== null) {
      return { ...service, port: randomPort(dice, Number(service.name.slice(1))) };
    }
    return { ...service, stopGraceMs: dice.int(1, 10) * 1_000 };
  });
  return { ...stack, services };
}

/** A leaf leaves, or a new one comes. */
export function randomMembership(dice: Dice, stack: Stack, serial: number): Stack {
  const needed = new Set(
    stack.services.flatMap(({ dependsOn }) => dependsOn.map(({ service }) => service)),
  );
  const leaves = stack.services.filter(({ name }) => !needed.has(name));
  if (dice.chance(0.5) && stack.services.length > 5 && leaves.length > 0) {
    const { name } = dice.pick(leaves);
    return { ...stack, services: stack.services.filter((service) => service.name !== name) };
  }
  if (stack.services.length >= 30) return stack;
  return { ...stack, services: [...stack.services, randomService(dice, serial, stack.services)] };
}

function randomService(dice: Dice, serial: number, before: readonly Service[]): Service {
  const oneShot = dice.chance(0.12);
  const external = !oneShot && dice.chance(0.05);
  const replicas = oneShot || external ? 1 : dice.chance(0.2) ? dice.int(2, 4) : 1;
  const port = !oneShot && !external && dice.chance(0.7) ? randomPort(dice, serial) : null;
  const hasHealth = external || (!oneShot && dice.chance(0.7));
  return plainService(`s${serial}`, {
    dependsOn: external ? [] : randomDependencies(dice, before),
    restart: oneShot ? dice.pick(['no', 'on-failure']) : dice.pick(['always', 'unless-stopped']),
    oneShot,
    rerun: dice.pick(['safe', 'unsafe']),
    intensity: {
      count: dice.int(2, 6),
      periodMs: dice.pick([30_000, 60_000]),
      backoff: { baseMs: 100, maxMs: dice.pick([10_000, 30_000]) },
    },
    replicas,
    maxReplicas: oneShot || external ? 1 : 5,
    port,
    portClass: dice.chance(0.1) ? 'db' : null,
    healthChecks: hasHealth ? [CHECK] : [],
    stopGraceMs: dice.int(1, 10) * 1_000,
    limits: {
      memoryBytes: dice.chance(0.3) ? 256 * 1_048_576 : null,
      cpus: null,
      openFiles: null,
      processes: null,
    },
    ...(external || !dice.chance(0.2) ? {} : { hooks: randomHooks(dice) }),
    external,
    externalUrl: external ? `http://10.0.0.1:${8_000 + serial}` : null,
  });
}

/** None that keeps a service down: who ends well after the faults is what is asked. */
function randomHooks(dice: Dice): Hooks {
  const hook = (onFailure: Hook['onFailure']): readonly Hook[] => [
    {
      command: ['hook'],
      workingDir: null,
      environment: {},
      timeoutMs: dice.int(2, 5) * 1_000,
      onFailure,
    },
  ];
  return {
    ...(dice.chance(0.6) ? { before_start: hook(dice.pick(['retry', 'ignore'])) } : {}),
    ...(dice.chance(0.4) ? { after_start: hook(dice.pick(['retry', 'ignore'])) } : {}),
    ...(dice.chance(0.4) ? { before_stop: hook('ignore') } : {}),
    ...(dice.chance(0.4) ? { after_stop: hook('ignore') } : {}),
  };
}

/** Without fallback the range is the service's own: otherwise no policy could satisfy everybody. */
function randomPort(dice: Dice, serial: number): PortRequest {
  if (dice.chance(0.1)) {
    const own = 30_000 + serial * 8;
    return { preferred: [{ from: own, to: own + 7 }], host: '127.0.0.1', fallback: false };
  }
  const from = dice.chance(0.1) ? dice.int(5_400, 5_499) : 8_000 + dice.int(0, 40);
  const preferred = [{ from, to: from + (dice.chance(0.3) ? dice.int(1, 4) : 0) }];
  if (dice.chance(0.2)) preferred.push({ from: from + 10, to: from + 12 });
  return { preferred, host: '127.0.0.1', fallback: true };
}

function randomDependencies(dice: Dice, before: readonly Service[]): readonly Dependency[] {
  const dependencies = new Map<string, Dependency>();
  const count = before.length === 0 ? 0 : dice.int(0, 3);
  for (let i = 0; i < count; i += 1) {
    const on = dice.pick(before);
    dependencies.set(on.name, {
      service: on.name,
      condition: on.oneShot
        ? dice.pick(['service_completed_successfully', 'service_started'])
        : dice.pick(['service_started', 'service_healthy']),
      required: dice.chance(0.8),
      restart: dice.chance(0.15),
    });
  }
  return [...dependencies.values()];
}

const CHECK: HealthCheck = {
  name: 'health',
  role: 'both',
  probe: { kind: 'tcp', host: null, port: null },
  intervalMs: 5_000,
  timeoutMs: 2_000,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 0,
  startIntervalMs: 1_000,
  required: true,
  attest: true,
};

export function plainService(name: string, given: Partial<Service>): Service {
  return {
    name,
    command: ['serve', name],
    workingDir: '/stack',
    environment: {},
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 30_000 } },
    replicas: 1,
    minReplicas: 0,
    maxReplicas: 10,
    port: null,
    portClass: null,
    healthChecks: [],
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: '/stack/fettle.yaml', line: 1, column: 1 },
    ...given,
  };
}
