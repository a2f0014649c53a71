/** What the tests of `explain` share: views, checks and neighbours of a service in trouble. */
import { expect } from 'vitest';
import type { InstanceView } from '../../supervise/instance-view.ts';
import { goldenInput, goldenNowMs as now } from './causes/golden.contract.ts';
import { explain } from './explain.ts';
import type { WhyInput } from './why-input.ts';

export const check = (
  view: Partial<InstanceView>,
  changed: Partial<WhyInput>,
  expected: readonly [cause: string, sentence: string] | null,
) => {
  const why = explain(goldenInput(changed, view));
  expect(why === null ? null : [why.cause, why.sentence]).toEqual(expected);
};
export const running: Partial<InstanceView> = {
  state: 'running',
  ready: true,
  token: 'e1-8',
  pid: 99,
  lastExit: null,
  sinceMs: now - 60_000,
  startedAtMs: now - 60_000,
};
export const unready: Partial<InstanceView> = { ...running, ready: false };
export const onPort = (port: number): Partial<InstanceView> => ({
  port: { instance: 'api.1', port, host: '127.0.0.1', fallbackFrom: null },
});
export const failing = (detail: string, more: Partial<WhyInput['failingChecks'][number]> = {}) => ({
  failingChecks: [
    {
      name: 'health',
      role: 'both',
      result: { ok: false, durationMs: 5, detail, attested: true },
      failedInRow: 3,
      everUp: true,
      ...more,
    },
  ],
});
export const refusedLog = [
  'Error: connect ECONNREFUSED 127.0.0.1:5432',
  '    at TCPConnectWrap (node:net:1:1)',
];
export const db = {
  service: 'db',
  state: 'crash-loop',
  required: true,
  address: '127.0.0.1:5432',
  why: 'the disk is full',
};
export const owner = {
  pid: 4121,
  command: '/usr/bin/node server.js',
  kind: 'foreign',
  instance: null,
  runningForMs: 1,
} as const;
export const ended = (posixSignal: string | null, code: number) => ({
  lastExit: {
    kind: posixSignal === null ? 'code' : 'signal',
    code,
    posixSignal,
    endedBy: null,
    atMs: now - 1_000,
  } as const,
});
