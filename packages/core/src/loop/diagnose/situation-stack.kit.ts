/** A stack that runs well, for the situations of the tests to break. */
import type { HealthCheck } from '../../stack/health-check.ts';
import type { Service } from '../../stack/service.ts';
import type { InstanceView } from '../../supervise/instance-view.ts';
import type { ServiceExam } from '../collect/exam.ts';
import type { CheckSeen } from '../collect/observation.ts';
import {
  openServicePicture,
  openPicture,
  type Picture,
  type ServiceKind,
  type ServicePicture,
} from '../collect/picture.ts';
import type { Symptom } from '../detect/symptom.ts';

export const nowMs = 1_700_000_000_000;
const startedMs = nowMs - 7_200_000;

export type ServiceSketch = Readonly<{
  kind?: ServiceKind;
  port?: number;
  /** `?name`: optional. */
  needs?: readonly string[];
  command?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  memoryBytes?: number;
  openFiles?: number;
  processes?: number;
  external?: boolean;
  required?: boolean;
  checks?: readonly HealthCheck['probe']['kind'][];
  labels?: Readonly<Record<string, string>>;
}>;

export type Story = Readonly<{
  picture: Picture;
  symptoms: Symptom[];
  exams: Map<string, ServiceExam>;
}>;

/** A stack that runs well for two hours, every check green. */
export function stackOf(sketches: Readonly<Record<string, ServiceSketch>>): Story {
  const services = Object.entries(sketches).map(([name, sketch]) => definitionOf(name, sketch));
  const picture = openPicture(startedMs);
  picture.observedMs = nowMs;
  picture.stack = {
    name: 'sketched',
    dir: '/srv/sketched',
    files: ['/srv/sketched/stack.yaml'],
    configModifiedAtMs: startedMs - 1_000,
    services,
    reservedPorts: [],
  };
  for (const definition of services)
    picture.services.set(definition.name, pictureOf(definition, sketches[definition.name] ?? {}));
  return { picture, symptoms: [], exams: new Map() };
}

function definitionOf(name: string, sketch: ServiceSketch): Service {
  return {
    name,
    command: sketch.command ?? ['./run', name],
    workingDir: `/srv/sketched/${name}`,
    environment: sketch.environment ?? {},
    dependsOn: (sketch.needs ?? []).map((one) => ({
      service: one.replace(/^\?/, ''),
      condition: 'service_started',
      required: !one.startsWith('?'),
      restart: false,
    })),
    restart: 'always',
    oneShot: sketch.kind === 'job',
    rerun: 'safe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 500, maxMs: 30_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 1,
    port:
      sketch.port === undefined
        ? null
        : {
            preferred: [{ from: sketch.port, to: sketch.port }],
            host: '127.0.0.1',
            fallback: true,
          },
    portClass: null,
    healthChecks: [],
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    limits: {
      memoryBytes: sketch.memoryBytes ?? null,
      cpus: null,
      openFiles: sketch.openFiles ?? null,
      processes: sketch.processes ?? null,
    },
    templates: [],
    required: sketch.required ?? true,
    external: sketch.external ?? false,
    externalUrl: null,
    labels: sketch.labels ?? {},
    place: { file: '/srv/sketched/stack.yaml', line: 1, column: 1 },
  };
}

function pictureOf(definition: Service, sketch: ServiceSketch): ServicePicture {
  const service: ServicePicture = {
    ...openServicePicture(definition, startedMs),
    kind: sketch.kind ?? 'service',
    healthyMs: nowMs - 60_000,
    unhealthySinceMs: null,
  };
  const view = viewOf(definition, sketch);
  service.instances.set(view.instance, {
    view,
    runSinceMs: startedMs,
    wasReady: true,
    readySinceMs: startedMs,
    processState: 'S',
    processStateSinceMs: startedMs,
    zombies: 0,
  });
  for (const kind of sketch.checks ?? (sketch.port === undefined ? [] : ['http' as const]))
    addCheck(service, kind);
  return service;
}

function viewOf({ name, external }: Service, sketch: ServiceSketch): InstanceView {
  const instance = `${name}.1`;
  return {
    instance,
    service: name,
    replica: 1,
    state: external ? 'external' : 'running',
    sinceMs: startedMs,
    token: 'e1-1',
    pid: external ? null : pidOf(name),
    shimPid: null,
    startedAtMs: startedMs,
    startReason: 'first-start',
    ready: true,
    port:
      sketch.port === undefined
        ? null
        : { instance, port: sketch.port, host: '127.0.0.1', fallbackFrom: null },
    restarts: 0,
    restartsByReason: {},
    lastExit: null,
    lastToken: null,
    nextStartAtMs: null,
    waitingFor: [],
    missingOptional: [],
    spawnError: null,
    portTrouble: null,
    configHash: 'h1',
    spool: null,
    rssBytes: 80_000_000,
  };
}

/** Some pid, the same for the same name. */
export function pidOf(name: string): number {
  return 2_000 + [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9_973, 7);
}

function addCheck(service: ServicePicture, kind: HealthCheck['probe']['kind']): void {
  const check = kind === 'heartbeat' ? 'heartbeat' : kind === 'tcp' ? 'port' : 'health';
  const instance = `${service.name}.1`;
  const last: CheckSeen = {
    kind: 'checked',
    atMs: nowMs - 1_000,
    service: service.name,
    instance,
    check,
    role: 'both',
    ok: true,
    up: true,
    detail: 'HTTP 200',
    durationMs: 8,
    attested: true,
    flapping: false,
    required: true,
  };
  const results = Array.from({ length: 30 }, (_, index) => ({
    atMs: nowMs - (30 - index) * 2_000,
    ok: true,
    ms: 8,
  }));
  service.checks.set(`${instance}/${check}`, {
    last,
    results,
    downSinceMs: null,
    failingSinceMs: null,
    foreignSinceMs: null,
    everUp: true,
  });
}
