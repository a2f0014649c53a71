/** What the world says becomes observations, in batches, in order, and within a budget. */
import type { Observation } from '@fettle/core/loop/collect/observation';
import { afterEach, expect, test } from 'vitest';
import { threadCpuMs } from '../../cpu-time.ts';
import { aService, aStack, aView, until } from '../../controller.kit.ts';
import { collectors, startCollectors } from './all.ts';
import type { Collector } from './collector.ts';
import { aWorld, type World } from './collecting.kit.ts';
import type { IsOn } from './flag-gate.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const named = (...names: string[]): readonly Collector[] =>
  collectors.filter(({ name }) => names.includes(name));

type Over = { limit?: number; windowMs?: number; cost?: () => void; isOn?: IsOn };

function open(names: string[], { cost, ...over }: Over = {}): World {
  const world = aWorld(aStack([aService('api')]), [aView('api')]);
  const stop = startCollectors({
    deps: world.deps,
    observed(batch) {
      cost?.();
      world.seen.push(...batch);
    },
    collectors: named(...names),
    ...over,
  });
  stops.push(stop);
  return world;
}
const kinds = ({ seen }: World): readonly string[] => seen.map(({ kind }) => kind);
const arrived = (world: World, count: number) => until(() => world.seen.length >= count);
const only = <Kind extends Observation['kind']>(world: World, kind: Kind) =>
  world.seen.filter((one): one is Extract<Observation, { kind: Kind }> => one.kind === kind);

test('the stack and its instances are told at the start, and after each change', async () => {
  const world = open(['stack']);
  await arrived(world, 2);
  expect(kinds(world)).toEqual(['stack', 'instance']);
  const why = 'command changed';
  world.notice({ kind: 'stack-changed', changes: [{ service: 'api', change: 'restarted', why }] });
  world.notice({ kind: 'instance-removed', instance: 'api.2' });
  await arrived(world, 6);
  expect(kinds(world).slice(2)).toEqual(['stack', 'instance', 'changed', 'instance-gone']);
  expect(only(world, 'changed')[0]?.change).toMatchObject({ kind: 'config', service: 'api' });
});

test("an operator's command is an intent, our own is a row of the ledger", async () => {
  const world = open(['stack']);
  const command = { kind: 'command-taken', command: 'stop', services: ['api'] } as const;
  world.notice({ ...command, actor: 'cli' });
  world.notice({ ...command, actor: 'fettle', command: 'restart' });
  world.notice({ ...command, actor: 'cli', command: 'down', services: [] });
  await arrived(world, 7);
  expect(only(world, 'intended').map(({ service, want }) => [service, want])).toEqual([
    ['api', 'down'],
    ['api', 'down'],
  ]);
  expect(only(world, 'changed').map(({ change }) => [change.kind, change.actor])).toEqual([
    ['command', 'operator'],
    ['runbook', 'fettle'],
    ['command', 'operator'],
  ]);
});

test('probes, our own pauses, figures and reasons come through', async () => {
  const world = open(['checks', 'process figures', 'why']);
  const detail = 'HTTP 503';
  const finding = { ok: false, durationMs: 3, detail, attested: null, answer: 'answered' } as const;
  const check = { name: 'health', role: 'readiness', required: true } as never;
  const instance = 'api.1';
  world.probe({ service: 'api', instance, check, finding, up: null, flapping: true });
  world.pause({ fromMs: 5, toMs: 2_005 });
  const figures = { memoryBytes: 10, cpuRatio: 0.5, openFiles: 3, threads: 2, zombies: 1 };
  const one = { service: 'api', instance, pid: 7, state: 'T', ...figures };
  world.look([one, { ...one, instance: 'api.2', openFiles: null }]);
  const said = { sentence: 'it fell', cause: 'x', confidence: 1, evidence: [], next: [] };
  world.explain('api', said);
  await arrived(world, 5);
  expect(only(world, 'checked')[0]).toMatchObject({ ok: false, up: null, detail, flapping: true });
  const [pause] = only(world, 'own-pause');
  expect((pause?.toMs ?? 0) - (pause?.fromMs ?? 0)).toBeCloseTo(2_000, 3);
  const samples = only(world, 'sampled')[0]?.samples ?? [];
  expect(Object.fromEntries(samples.map(({ metric, value }) => [metric, value]))).toEqual({
    cpu: 1,
    rss_bytes: 20,
    threads: 4,
    zombies: 2,
  });
  expect(only(world, 'process-states')[0]?.states[0]).toMatchObject({ state: 'T', zombies: 1 });
  expect(only(world, 'explained')[0]?.why).toEqual({
    sentence: 'it fell',
    cause: 'x',
    confidence: 1,
    evidence: [],
  });
});

test('lines come without colours and secrets; what is not handed over is counted', async () => {
  const world = open(['log lines']);
  world.lines('api.1', 't', ['\u001b[31mpassword=hunter2\u001b[0m ok', 'two'], 0);
  world.lines('api.1', 't', [], 1_000);
  await arrived(world, 2);
  const [first, second] = only(world, 'lines');
  expect(first).toMatchObject({ service: 'api', instance: 'api.1', skippedLines: 0 });
  expect(first?.lines).toEqual(['password=*** ok', 'two']);
  expect(second).toMatchObject({ lines: [], bytes: 1_000, skippedLines: 10 });
});

test('a flood is sampled: every line is handed over or counted, once', async () => {
  const world = open(['log lines']);
  const batch = Array.from({ length: 20_000 }, (_, index) => `GET /things/${index} 200 in 3 ms`);
  const bytes = batch.reduce((sum, line) => sum + line.length + 1, 0);
  for (let round = 0; round < 10; round += 1) world.lines('api.1', 't', batch, 0);
  const count = () =>
    only(world, 'lines').reduce((sum, one) => sum + one.lines.length + one.skippedLines, 0);
  await until(() => count() >= 200_000);
  expect(count()).toBe(200_000);
  const given = only(world, 'lines').reduce((sum, one) => sum + one.bytes, 0);
  expect(given).toBe(bytes * 10);
  expect(only(world, 'lines').some(({ skippedLines }) => skippedLines > 0)).toBe(true);
  expect(only(world, 'lines').some(({ lines }) => lines.length > 0)).toBe(true);
});

test('past its budget collection is shed, which is told, and restored', async () => {
  const burn = { forMs: 30 };
  const cost = (): void => {
    const untilMs = threadCpuMs() + burn.forMs;
    while (threadCpuMs() < untilMs);
  };
  const world = open(['log lines'], { limit: 0.01, windowMs: 60, cost });
  world.lines('api.1', 't', ['one'], 0);
  await until(() => world.told.includes('collect.shed'));
  burn.forMs = 0;
  await until(() => world.told.includes('collect.restored'));
});

test('a switched-off capability keeps its observations from the loop, service by service', async () => {
  const off = new Set(['error_collection']);
  const world = open(['log lines', 'process figures', 'checks'], {
    isOn: (flag, service) => !(off.has(flag) && service === 'api'),
  });
  const figures = { memoryBytes: 1, cpuRatio: 1, openFiles: 1, threads: 1, zombies: 0 };
  const look = (service: string): void =>
    world.look([{ service, instance: `${service}.1`, pid: 7, state: 'S', ...figures }]);
  world.lines('api.1', 't', ['one'], 0);
  world.lines('web.1', 't', ['one'], 0);
  look('api');
  await arrived(world, 3);
  expect(only(world, 'lines').map(({ service }) => service)).toEqual(['web']);
  expect(only(world, 'sampled')[0]?.samples.length).toBe(5);
  off.add('monitoring');
  look('api');
  look('web');
  await arrived(world, 7);
  const counts = only(world, 'sampled').map(({ samples }) => samples.length);
  expect(counts).toEqual([5, 0, 5]);
});
