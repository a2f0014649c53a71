/** Warnings before a start, from facts of the machine. */
import { expect, test } from 'vitest';
import { judgePreflight, preflightPorts, type HostFacts } from './preflight.ts';
import type { Service, Stack } from './service.ts';

const gibibyte = 1_073_741_824;
const roomy: HostFacts = {
  memoryAvailableBytes: 8 * gibibyte,
  disk: {
    freeBytes: 50 * gibibyte,
    totalBytes: 100 * gibibyte,
    freeInodes: 900_000,
    totalInodes: 1_000_000,
  },
  openFilesSoft: 1_024,
  openFilesHard: 4_096,
  processesSoft: 30_000,
  processesRunning: 300,
  takenPorts: [],
};
const none = { memoryBytes: null, cpus: null, openFiles: null, processes: null };
const api = {
  name: 'api',
  replicas: 2,
  external: false,
  limits: none,
  port: { preferred: [{ from: 8_000, to: 8_001 }], host: '127.0.0.1', fallback: true },
} as const;
const stackOf = (...services: readonly Partial<Service>[]) => ({ services }) as unknown as Stack;
function check(service: Partial<Service>, facts: Partial<HostFacts>, expected: RegExp[]): void {
  const said = judgePreflight(stackOf({ ...api, ...service }), { ...roomy, ...facts });
  const texts = said.map(({ code, text }) => `${code}: ${text}`);
  expect(texts).toHaveLength(expected.length);
  expected.forEach((pattern, i) => expect(texts[i]).toMatch(pattern));
}
const held = (port: number) => ({ port, pid: 41, command: 'node x.js' });

test('a roomy machine has nothing to say', () => check({}, {}, []));
test('what cannot be read is not guessed', () =>
  check(
    {},
    { memoryAvailableBytes: null, disk: null, openFilesSoft: null, processesSoft: null },
    [],
  ));
test('limits beyond the memory', () =>
  check({ limits: { ...none, memoryBytes: 5 * gibibyte } }, {}, [
    /W-MEMORY: .*10\.0 GiB.*8\.0 GiB/,
  ]));
test('a full disk', () =>
  check({}, { disk: { ...roomy.disk!, freeBytes: gibibyte / 4 } }, [/W-DISK: 256 MiB/]));
test('no inodes left', () =>
  check({}, { disk: { ...roomy.disk!, freeInodes: 9 } }, [/W-INODES: 9 of 1000000/]));
test('a file system without fixed inodes is fine', () =>
  check({}, { disk: { ...roomy.disk!, freeInodes: 0, totalInodes: 0 } }, []));
test('too few handles for the daemon', () =>
  check({}, { openFilesSoft: 64 }, [/W-HANDLES: a process may open 64/]));
test('too many handles asked', () =>
  check({ limits: { ...none, openFiles: 9_999 } }, {}, [/W-HANDLES: api asks for 9999/]));
test('no room for processes', () =>
  check({}, { processesRunning: 29_999 }, [/W-PROCESSES: room for 1 more/]));
test('one of two ports taken, two replicas', () =>
  check({}, { takenPorts: [held(8_000)] }, [
    /W-PORT: port 8000 .*pid 41 \(node x.js\).*elsewhere/,
  ]));
test('one of two ports taken, one replica', () =>
  check({ replicas: 1 }, { takenPorts: [held(8_000)] }, []));
test('a port without fallback is waited for', () =>
  check({ port: { ...api.port, fallback: false } }, { takenPorts: [held(8_000), held(8_001)] }, [
    /will wait for it/,
  ]));
test('external services need nothing of ours', () =>
  check({ external: true }, { takenPorts: [held(8_000)] }, []));
test('every preferred port is looked at, within a bound', () => {
  expect(preflightPorts(stackOf(api))).toEqual([8_000, 8_001]);
  const wide = { ...api.port, preferred: [{ from: 1, to: 60_000 }] };
  expect(preflightPorts(stackOf({ ...api, port: wide }))).toHaveLength(1_000);
});
