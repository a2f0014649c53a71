import { expect, test } from 'vitest';
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { service, statusOf } from '../fake-daemon.contract.ts';
import type { Look } from '../terminal/look.ts';
import { widthOf } from '../terminal/width.ts';
import { exitCodeOf, sentenceOf } from './closing-words.ts';
import { renderProgress } from './progress-text.ts';
import type { UpOutcome } from './watch-up.ts';

const look: Look = { columns: 124, color: false, unicode: true, tty: true };
const check = (given: ServiceStatus, at: Partial<Look>, expected: string): void =>
  expect(renderProgress({ service: given, elapsedMs: 2_149 }, { ...look, ...at }, 6)).toBe(
    expected,
  );

const why = '8000 is taken by pid 4121 (node server.js, not ours); api listens on 8001';

test('ready: seconds, port, pid, and what is worth a note', () =>
  check(
    service({ port: 8001, pid: 8123, why }),
    {},
    `  ● api    ready        2.1s :8001  pid 8123     ${why}\n`,
  ));

test('60 columns, LANG=C: the note stands below in words', () =>
  check(
    service({ port: 8001, pid: 8123, why }),
    { columns: 60, unicode: false },
    `  [ok] api    ready        2.1s :8001  pid 8123
      8000 is taken by pid 4121 (node server.js, not ours);
      api listens on 8001
`,
  ));

test('starting says what it waits for', () => {
  const instance = { waitingFor: [{ service: 'db', condition: 'service_healthy' }] };
  const waiting = {
    ...service({ state: 'starting', pid: null, port: null }),
    instances: [instance],
  };
  check(
    waiting as unknown as ServiceStatus,
    {},
    '  ◐ api    starting     2.1s                     waits for db (until it is healthy)\n',
  );
});

test('colour marks the state and nothing else', () => {
  const text = renderProgress(
    { service: service({ state: 'failing', why: 'exit 1' }), elapsedMs: 1 },
    { ...look, color: true },
    6,
  );
  expect(text).toContain('\x1b[31m');
  expect(widthOf(text.trimEnd())).toBeLessThan(120);
});

const outcome = (kind: UpOutcome['kind'], ...services: ServiceStatus[]): UpOutcome => ({
  status: statusOf(...services),
  services,
  kind,
  elapsedMs: 5_210,
});
const bad = service({ name: 'db', state: 'crash-loop' });

test('the closing sentence names what is missing', () => {
  const two = [service({}), service({ name: 'web', state: 'done' })];
  expect(sentenceOf(outcome('ready', ...two))).toBe('All 2 ready in 5.2 s.');
  expect(sentenceOf(outcome('ready', service({ state: 'degraded' })))).toBe(
    'Ready in 5.2 s, api degraded.',
  );
  expect(sentenceOf(outcome('settled', service({}), bad))).toBe(
    '1 of 2 ready after 5.2 s; db not ready.',
  );
  expect(sentenceOf(outcome('progressing', service({ state: 'starting' })))).toBe(
    '0 of 1 ready after 5.2 s; api still on the way.',
  );
});

test('exit codes: ready 0, failing 1 or with --wait 3, still on the way 6', () => {
  expect(exitCodeOf(outcome('ready', service({})), true)).toBe(0);
  expect(exitCodeOf(outcome('settled', bad), false)).toBe(1);
  expect(exitCodeOf(outcome('settled', bad), true)).toBe(3);
  expect(exitCodeOf(outcome('progressing', bad), true)).toBe(6);
});
