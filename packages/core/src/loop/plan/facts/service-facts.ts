/** How a service is: its state, its checks, its ends, and what shows or explains its trouble. */
import type { EndSeen, InstancePicture, ServicePicture } from '../../collect/picture.ts';
import type { InstanceState } from '../../../supervise/instance-view.ts';
import type { Value } from '../expression/expression.ts';
import type { FactWorld, PictureFact } from './fact.ts';
import { instancesOf, serviceOf, serviceParam, sinceOf } from './service-of.ts';

/** Worst first. */
const worstFirst: readonly InstanceState[] = [
  'crash-loop',
  'failed',
  'backing-off',
  'stopped',
  'stopping',
  'waiting',
  'starting',
  'running',
  'external',
  'done',
];
const minuteMs = 60_000;

/** Ended by itself or from outside, or by us because it was ill; not because somebody asked. */
const troubles = new Set<string | null>([
  null,
  'hang',
  'memory-limit',
  'process-limit',
  'port-stolen',
  'hook-failed',
]);
const isTrouble = ({ endedBy }: EndSeen): boolean => troubles.has(endedBy);

function stateOf(service: ServicePicture): InstanceState | null {
  const states = new Set(instancesOf(service).map(({ view }) => view.state));
  return worstFirst.find((state) => states.has(state)) ?? null;
}

/** After a crash loop a run that lives and is ready serves, long before the loop is forgiven. */
function isServing({ definition }: ServicePicture, { view }: InstancePicture): boolean {
  if (view.state === 'done') return true;
  if (view.token === null && view.state !== 'external') return false;
  if (definition.oneShot) return view.state !== 'stopping';
  return view.ready && ['running', 'external', 'crash-loop'].includes(view.state);
}

function isReady(service: ServicePicture): boolean | null {
  const instances = instancesOf(service);
  if (instances.length === 0) return null;
  if (!instances.every((instance) => isServing(service, instance))) return false;
  return [...service.checks.values()].every(({ last }) => !last.required || last.up !== false);
}

function endsSince(service: ServicePicture, sinceMs: number): number {
  return service.ends.filter((end) => end.atMs >= sinceMs && isTrouble(end)).length;
}

/** Probe results within the window, of all checks or of one; a required check without any: null. */
function checkFigures(world: FactWorld, service: ServicePicture, name: Value | undefined): Value {
  const sinceMs = sinceOf(world, null, minuteMs);
  const wanted = [...service.checks.values()].filter(
    ({ last }) => typeof name !== 'string' || last.check === name,
  );
  if (wanted.length === 0) return null;
  const results = wanted.flatMap((check) => check.results.filter(({ atMs }) => atMs >= sinceMs));
  const good = results.filter(({ ok }) => ok).length;
  const failing = wanted.find(({ last }) => !last.ok) ?? wanted[0];
  return {
    ok: wanted.every(({ last }) => last.ok && last.up !== false),
    ok_ratio: results.length === 0 ? null : good / results.length,
    count: results.length,
    detail: failing?.last.detail ?? '',
  };
}

/**
 * All is well: each instance up and ready, no end in the window, each required check asked at least
 * once in it and never failing. null: a check was not asked yet.
 */
function isHealthy(world: FactWorld, service: ServicePicture): boolean | null {
  const sinceMs = sinceOf(world, null, 10_000);
  if (isReady(service) !== true || endsSince(service, sinceMs) > 0) return false;
  let unasked = false;
  for (const { last, results } of service.checks.values()) {
    if (!last.required || !service.instances.has(last.instance)) continue;
    const recent = results.filter(({ atMs }) => atMs >= sinceMs);
    if (recent.some(({ ok }) => !ok)) return false;
    if (recent.length === 0) unasked = true;
  }
  return unasked ? null : true;
}

function uptimeMs({ nowMs }: FactWorld, service: ServicePicture): number | null {
  const starts = instancesOf(service).map(({ runSinceMs }) => runSinceMs);
  const known = starts.filter((start) => start !== null);
  return known.length === 0 || known.length < starts.length ? null : nowMs - Math.max(...known);
}

type Answer = (world: FactWorld, service: ServicePicture, args: readonly Value[]) => Value;
const about =
  (answer: Answer): PictureFact['answer'] =>
  (world, args) => {
    const service = serviceOf(world, args[0]);
    return service === null ? null : answer(world, service, args);
  };
const windowParam = { name: 'window', type: 'duration', fallback: null } as const;

export const serviceFacts: readonly PictureFact[] = [
  {
    name: 'healthy',
    params: [serviceParam],
    result: 'boolean',
    about:
      'Every instance is up and ready, none ended, and every required check was asked and held, over the clean window (10 s outside of `verify`).',
    example: 'healthy(target)',
    source: 'picture',
    answer: about((world, service) => isHealthy(world, service)),
  },
  {
    name: 'state',
    params: [serviceParam],
    result: 'string',
    about:
      'State of its worst instance: waiting, starting, running, backing-off, crash-loop, stopping, stopped, done, failed or external.',
    example: "state(target) in ['crash-loop', 'failed']",
    source: 'picture',
    answer: about((_world, service) => stateOf(service)),
  },
  {
    name: 'ready',
    params: [serviceParam],
    result: 'boolean',
    about: 'Are all of its instances up and ready?',
    example: 'ready(target)',
    source: 'picture',
    answer: about((_world, service) => isReady(service)),
  },
  {
    name: 'check',
    params: [serviceParam, { name: 'check', type: 'string', fallback: null }],
    result: { record: { ok: 'boolean', ok_ratio: 'number', count: 'number', detail: 'string' } },
    about:
      'Its health checks, or the one named: whether the last probe held, the share that held and how many there were in the clean window (60 s outside of `verify`), and what failed.',
    example: 'check(target).ok_ratio == 1 and check(target).count >= 5',
    source: 'picture',
    answer: about((world, service, args) => checkFigures(world, service, args[1])),
  },
  {
    name: 'became_failing_since_start',
    params: [serviceParam, { name: 'lasting', type: 'duration', fallback: 10_000 }],
    result: 'boolean',
    about:
      'Was it well when the run started, and has it been failing since, for at least `lasting`? Shorter dips of what depends on a restarted service are no damage.',
    example: 'any(other in neighbours(target): became_failing_since_start(other))',
    source: 'picture',
    answer: about(({ startedMs, sinceMs, nowMs }, { unhealthySinceMs, want }, [, lasting]) => {
      if (unhealthySinceMs === null || want === 'down' || unhealthySinceMs <= startedMs)
        return false;
      // What was ill while the steps were under way has the clean window to come back.
      const countsMs = Math.max(unhealthySinceMs, sinceMs ?? unhealthySinceMs);
      return nowMs - countsMs >= Number(lasting ?? 0);
    }),
  },
  {
    name: 'exits',
    params: [serviceParam, windowParam],
    result: 'number',
    about:
      'How often its runs ended without being asked to, in the window (the clean window; 10 min outside of `verify`).',
    example: 'exits(target, 60s) >= 3',
    source: 'picture',
    answer: about((world, service, args) =>
      endsSince(service, sinceOf(world, args[1], 10 * minuteMs)),
    ),
  },
  {
    name: 'restarts',
    params: [serviceParam],
    result: 'number',
    about: 'Restarts of its instances since the last reset, operators’ own left out.',
    example: 'restarts(target) < 5',
    source: 'picture',
    answer: about((_world, service) =>
      instancesOf(service).reduce((sum, { view }) => sum + view.restarts, 0),
    ),
  },
  {
    name: 'replicas',
    params: [serviceParam],
    result: 'number',
    about: 'How many of its instances serve.',
    example: 'replicas(target) > 1',
    source: 'picture',
    answer: about(
      (_world, service) =>
        instancesOf(service).filter((instance) => isServing(service, instance)).length,
    ),
  },
  {
    name: 'top_pid',
    params: [serviceParam],
    result: 'number',
    about:
      'The process of it that used most of the processor at the last closer look; else its own.',
    example: 'known(top_pid(target))',
    source: 'picture',
    answer: about((_world, service) => {
      const seen = service.exam?.processes.filter(({ ours }) => ours) ?? [];
      const busiest = seen.toSorted((a, b) => b.cpu - a.cpu)[0];
      return busiest?.pid ?? instancesOf(service)[0]?.view.pid ?? null;
    }),
  },
  {
    name: 'kind',
    params: [serviceParam],
    result: 'string',
    about: 'database, bridge, worker, job or service.',
    example: "kind(target) == 'database'",
    source: 'picture',
    answer: about((_world, service) => service.kind),
  },
  {
    name: 'managed',
    params: [serviceParam],
    result: 'boolean',
    about: 'Is it a service of this stack that Fettle itself starts and stops?',
    example: 'managed(params.peer)',
    source: 'picture',
    answer: (world, [name]) => {
      const service = serviceOf(world, name);
      return service !== null && !service.definition.external;
    },
  },
  {
    name: 'wanted',
    params: [serviceParam],
    result: 'boolean',
    about: 'Is it meant to be up? A service that somebody stopped through Fettle is not.',
    example: 'wanted(target)',
    source: 'picture',
    answer: about((_world, service) => service.want === 'up'),
  },
  {
    name: 'uptime',
    params: [serviceParam],
    result: 'duration',
    about: 'How long its youngest instance has been running.',
    example: 'uptime(target) > 5m',
    source: 'picture',
    answer: about((world, service) => uptimeMs(world, service)),
  },
  {
    name: 'flapping',
    params: [serviceParam],
    result: 'boolean',
    about: 'Do its checks go up and down too often to be believed?',
    example: 'not flapping(target)',
    source: 'picture',
    answer: about((_world, service) =>
      [...service.checks.values()].some(({ last }) => last.flapping),
    ),
  },
  {
    name: 'cause',
    params: [serviceParam],
    result: 'string',
    about: 'What `why` says of it: an id of docs/why.md.',
    example: "cause(target) == 'port-taken'",
    source: 'picture',
    answer: about(
      (_world, service) => service.why?.cause ?? service.whys.at(-1)?.why.cause ?? null,
    ),
  },
  {
    name: 'symptoms',
    params: [serviceParam],
    result: { list: 'string' },
    about: 'Kinds of the symptoms that it shows now.',
    example: "'hang' in symptoms(target)",
    source: 'picture',
    answer: (world, [name]) => [
      ...new Set(
        world.symptoms.filter(({ target }) => target === name).map((symptom) => symptom.kind),
      ),
    ],
  },
];
