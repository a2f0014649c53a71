/** A random stack of one database, its callers, and others that need neither. */
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Dependency, Service, Stack } from '@fettle/core/stack/service';
import type { Dice } from '../dice.ts';

export const databaseName = 'store';

export function healingStack(dice: Dice): Stack {
  const callers = dice.int(2, 5);
  const others = dice.int(1, 4);
  const services = [
    service(databaseName, 5_000, [], { labels: { 'fettle.kind': 'database' } }),
    ...Array.from({ length: callers }, (_, index) =>
      service(`caller-${index + 1}`, 8_001 + index, [databaseName]),
    ),
    ...Array.from({ length: others }, (_, index) =>
      service(`other-${index + 1}`, 9_001 + index, []),
    ),
  ];
  return {
    name: 'healing',
    dir: '/srv/healing',
    files: ['/srv/healing/fettle.yaml'],
    configModifiedAtMs: 0,
    services,
    reservedPorts: [],
  };
}

function service(
  name: string,
  port: number,
  needs: readonly string[],
  more: Partial<Service> = {},
): Service {
  return {
    name,
    command: ['node', `${name}.js`],
    workingDir: `/srv/healing/${name}`,
    environment: {},
    dependsOn: needs.map(need),
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 5_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 1,
    port: { preferred: [{ from: port, to: port }], host: '127.0.0.1', fallback: false },
    portClass: null,
    healthChecks: [check],
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    limits: { memoryBytes: null, cpus: null, openFiles: 1_024, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    cleanup: [`/srv/healing/${name}/logs/*.log`],
    configs: [{ name: `${name}-config`, path: `/srv/healing/${name}/config.json`, secret: false }],
    place: { file: '/srv/healing/fettle.yaml', line: 1, column: 1 },
    ...more,
  };
}

function need(name: string): Dependency {
  return { service: name, condition: 'service_healthy', required: true, restart: false };
}

export const check: HealthCheck = {
  name: 'health',
  role: 'readiness',
  probe: { kind: 'tcp', host: null, port: null },
  intervalMs: 2_000,
  timeoutMs: 1_000,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 5_000,
  startIntervalMs: 500,
  required: true,
  attest: true,
};
