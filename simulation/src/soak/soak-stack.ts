/** A stack of everyday services: a database, what stands on it, workers, a batch job's owner. */
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Dependency, Service, Stack } from '@fettle/core/stack/service';
import type { Dice } from '../dice.ts';

export type Role = 'web' | 'worker' | 'database' | 'batch';

/** What is ordinary for one service. */
export type Character = Readonly<{
  role: Role;
  /** Requests a second at noon. */
  rps: number;
  latencyMs: number;
  /** Share of requests that fail on a good day. */
  failing: number;
  cpu: number;
  memoryMiB: number;
  /** Garbage grows to this share of the memory, then is collected. */
  garbage: number;
  garbageEveryMs: number;
  fds: number;
  threads: number;
  /** Its busiest hour of the day, 0-24. */
  noon: number;
  /** Log lines a second beside requests. */
  chatter: number;
}>;

export type SoakStack = Readonly<{ stack: Stack; characters: ReadonlyMap<string, Character> }>;

const mebibyte = 1_048_576;

export function soakStack(dice: Dice, index: number, size: number): SoakStack {
  const characters = new Map<string, Character>();
  const services: Service[] = [];
  for (let at = 0; at < size; at += 1) {
    const role: Role = at === 0 ? 'database' : roleOf(dice);
    const name = `${role}-${index}-${at}`;
    const character = characterOf(dice, role);
    characters.set(name, character);
    services.push(service(name, character, needsOf(dice, services, role)));
  }
  const files = ['/srv/soak/fettle.yaml'];
  const stack = { name: `soak-${index}`, dir: '/srv/soak', files, configModifiedAtMs: 0 };
  return { stack: { ...stack, services, reservedPorts: [] }, characters };
}

function roleOf(dice: Dice): Role {
  const at = dice.next();
  if (at < 0.65) return 'web';
  return at < 0.85 ? 'worker' : at < 0.95 ? 'batch' : 'database';
}

/** Spread over decades, as services are. */
function decades(dice: Dice, from: number, to: number): number {
  return from * (to / from) ** dice.next();
}

function characterOf(dice: Dice, role: Role): Character {
  return {
    role,
    rps: role === 'web' ? decades(dice, 0.02, 4) : 0,
    latencyMs: decades(dice, 5, 300),
    failing: dice.chance(0.5) ? 0 : decades(dice, 0.0005, 0.01),
    cpu: decades(dice, 0.005, 0.6),
    memoryMiB: decades(dice, 30, 900),
    garbage: dice.next() * 0.8,
    garbageEveryMs: decades(dice, 60_000, 1_800_000),
    fds: decades(dice, 20, 400),
    threads: dice.int(1, 40),
    noon: dice.next() * 24,
    chatter: decades(dice, 0.005, 0.5),
  };
}

function needsOf(dice: Dice, services: readonly Service[], role: Role): readonly Dependency[] {
  if (role === 'database' || services.length === 0) return [];
  const names = new Set([
    dice.pick(services).name,
    ...(dice.chance(0.5) ? [services[0]!.name] : []),
  ]);
  return [...names].map((name) => ({
    service: name,
    condition: 'service_healthy',
    required: dice.chance(0.9),
    restart: false,
  }));
}

function service(
  name: string,
  { role, memoryMiB, garbage, fds }: Character,
  dependsOn: readonly Dependency[],
): Service {
  const peak = memoryMiB * (1 + garbage);
  const isPlain = role === 'worker' || role === 'batch';
  return {
    name,
    command: role === 'database' ? ['postgres'] : ['node', `${name}.js`],
    workingDir: '/srv/soak',
    environment: {},
    dependsOn,
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 5_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 1,
    port: isPlain
      ? null
      : { preferred: [{ from: 8_000, to: 9_000 }], host: '127.0.0.1', fallback: true },
    portClass: null,
    healthChecks: [healthCheck],
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    limits: {
      memoryBytes: Math.round(peak * 1.6) * mebibyte,
      cpus: null,
      openFiles: Math.round(fds * 4),
      processes: null,
    },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: '/srv/soak/fettle.yaml', line: 1, column: 1 },
  };
}

export const healthCheck: HealthCheck = {
  name: 'health',
  role: 'both',
  probe: {
    kind: 'http',
    target: '/health',
    method: 'GET',
    headers: {},
    status: [{ from: 200, to: 399 }],
    body: null,
    responseHeaders: {},
    json: {},
  },
  intervalMs: 5_000,
  timeoutMs: 2_000,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 20_000,
  startIntervalMs: 1_000,
  required: true,
  attest: true,
};
