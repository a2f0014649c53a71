/**
 * A small stack on a stage for tests of the loop: says what happens in one call each and keeps the
 * time. Everything goes through `observe`, as in life.
 */
import type { HealthCheck } from '../../stack/health-check.ts';
import type { Dependency, Service, Stack } from '../../stack/service.ts';
import type { InstanceView } from '../../supervise/instance-view.ts';
import type { CheckSeen, Observation } from './observation.ts';
import { observe } from './observe.ts';
import { openPicture, type Picture } from './picture.ts';

export const stageStartMs = Date.UTC(2026, 0, 5);

/** `api <- db` is written `service('api', { dependsOn: needs('db') })`. */
export function service(name: string, changes: Partial<Service> = {}): Service {
  return {
    name,
    command: ['node', `${name}.js`],
    workingDir: '/srv',
    environment: {},
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 5_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 1,
    port: { preferred: [{ from: 8_000, to: 8_000 }], host: '127.0.0.1', fallback: false },
    portClass: null,
    healthChecks: [healthCheck()],
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: '/srv/fettle.yaml', line: 1, column: 1 },
    ...changes,
  };
}

export function healthCheck(changes: Partial<HealthCheck> = {}): HealthCheck {
  return {
    name: 'health',
    role: 'both',
    probe: { kind: 'tcp', host: null, port: null },
    intervalMs: 1_000,
    timeoutMs: 1_000,
    downAfter: 3,
    upAfter: 2,
    startPeriodMs: 5_000,
    startIntervalMs: 500,
    required: true,
    attest: true,
    ...changes,
  };
}

export function needs(...names: readonly string[]): readonly Dependency[] {
  return names.map((name) => ({
    service: name,
    condition: 'service_healthy',
    required: true,
    restart: false,
  }));
}

export function stackOf(...services: readonly Service[]): Stack {
  return {
    name: 'stage',
    dir: '/srv',
    files: ['/srv/fettle.yaml'],
    configModifiedAtMs: 0,
    services,
    reservedPorts: [],
  };
}

export class Stage {
  readonly picture: Picture;
  nowMs = stageStartMs;
  readonly #views = new Map<string, InstanceView>();
  #runs = 0;

  /** All services run and are ready; `ageMs` ago. */
  constructor(services: readonly Service[], ageMs = 60_000) {
    this.picture = openPicture(this.nowMs);
    this.see({ kind: 'stack', stack: stackOf(...services) });
    for (const { name } of services) this.start(name);
    this.wait(ageMs);
  }

  see(observation: Observation): void {
    observe(this.picture, observation, this.nowMs);
  }

  wait(ms: number): void {
    this.nowMs += ms;
  }

  view(name: string, changes: Partial<InstanceView>): void {
    const instance = `${name}.1`;
    const view = { ...(this.#views.get(instance) ?? this.#blank(name)), ...changes };
    this.#views.set(instance, view);
    this.see({ kind: 'instance', view });
  }

  start(name: string, changes: Partial<InstanceView> = {}): void {
    this.#runs += 1;
    this.view(name, {
      state: 'running',
      token: `run-${this.#runs}`,
      pid: 1_000 + this.#runs,
      startedAtMs: this.nowMs,
      ready: true,
      ...changes,
    });
    const checks = this.picture.services.get(name)?.definition.healthChecks ?? [];
    for (const check of checks)
      if (changes.ready !== false) this.check(name, { check: check.name });
  }

  /** Its run ends; the supervisor has not started the next one. */
  end(name: string, how: Partial<NonNullable<InstanceView['lastExit']>> = {}): void {
    const token = this.#views.get(`${name}.1`)?.token ?? null;
    const exit = { kind: 'code', code: 1, posixSignal: null, endedBy: null } as const;
    this.view(name, {
      state: 'backing-off',
      token: null,
      pid: null,
      ready: false,
      lastToken: token,
      lastExit: { ...exit, atMs: this.nowMs, ...how },
    });
  }

  check(name: string, changes: Partial<CheckSeen> = {}): void {
    const ok = changes.ok ?? true;
    this.see({
      kind: 'checked',
      atMs: this.nowMs,
      service: name,
      instance: `${name}.1`,
      check: 'health',
      role: 'both',
      ok,
      up: ok,
      detail: ok ? 'HTTP 200' : 'no answer in 1s',
      durationMs: ok ? 3 : 1_000,
      attested: true,
      flapping: false,
      required: true,
      ...changes,
    });
  }

  #blank(name: string): InstanceView {
    return {
      instance: `${name}.1`,
      service: name,
      replica: 1,
      state: 'waiting',
      sinceMs: this.nowMs,
      token: null,
      pid: null,
      shimPid: null,
      startedAtMs: null,
      startReason: null,
      ready: false,
      port: null,
      restarts: 0,
      restartsByReason: {},
      lastExit: null,
      lastToken: null,
      nextStartAtMs: null,
      waitingFor: [],
      missingOptional: [],
      spawnError: null,
      portTrouble: null,
      configHash: 'hash',
      spool: null,
      rssBytes: null,
    };
  }
}
