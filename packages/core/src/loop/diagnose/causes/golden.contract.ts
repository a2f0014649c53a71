/**
 * Golden cases: real output of programs that died, with the sentence that "why" must say.
 *
 * A file's first line is the JSON header below, the rest is the output as it was printed, with the
 * folder, the ports and the pids of the recording made neutral. `node tools/run.mjs
 * e2e/why/causes.ts --record` writes them anew; a human reads the difference.
 */
import type { InstanceView } from '../../../supervise/instance-view.ts';
import type { WhyInput } from '../why-input.ts';

export type GoldenHeader = Readonly<{
  command: readonly string[];
  code: number | null;
  posixSignal: string | null;
  cause: string;
  sentence: string;
}>;

/** Wall clock of every golden case. */
export const goldenNowMs = Date.UTC(2026, 10, 21, 12, 0, 0);

export const goldenView: InstanceView = {
  instance: 'api.1',
  service: 'api',
  replica: 1,
  state: 'backing-off',
  sinceMs: goldenNowMs - 1_000,
  token: null,
  pid: null,
  shimPid: null,
  startedAtMs: goldenNowMs - 3_000,
  startReason: 'first-start',
  ready: false,
  port: null,
  restarts: 0,
  restartsByReason: {},
  lastExit: {
    kind: 'code',
    code: 1,
    posixSignal: null,
    endedBy: null,
    atMs: goldenNowMs - 1_000,
  },
  lastToken: 'e1-7',
  nextStartAtMs: null,
  waitingFor: [],
  missingOptional: [],
  spawnError: null,
  portTrouble: null,
  configHash: 'c0ffee',
  spool: null,
  rssBytes: null,
};

/** A service that ended 1 s ago after 2 s; port 8000 is held by a foreign process. */
export function goldenInput(
  changed: Partial<WhyInput> = {},
  view: Partial<InstanceView> = {},
): WhyInput {
  return {
    service: 'api',
    view: { ...goldenView, ...view },
    command: ['node', 'server.mjs'],
    environmentNames: ['PATH', 'PORT', 'HOST'],
    liveLines: [],
    lastRunLines: [],
    failingChecks: [],
    flapping: false,
    portOwners: [
      {
        port: 8000,
        owner: {
          pid: 4121,
          command: 'node server.js',
          kind: 'foreign',
          instance: null,
          runningForMs: 7_200_000,
        },
      },
    ],
    dependencies: [],
    recentChanges: [],
    configModifiedAtMs: 0,
    oomKillLine: null,
    exits: [{ atMs: goldenNowMs - 1_000, code: 1, posixSignal: null, ranMs: 2_000 }],
    nowMs: goldenNowMs,
    ...changed,
  };
}

export function endedInput(
  header: Pick<GoldenHeader, 'command' | 'code' | 'posixSignal'>,
  lines: readonly string[],
): WhyInput {
  const { code, posixSignal, command } = header;
  const kind = posixSignal === null ? 'code' : 'signal';
  const atMs = goldenNowMs - 1_000;
  return goldenInput(
    { command, lastRunLines: lines, exits: [{ atMs, code, posixSignal, ranMs: 2_000 }] },
    { lastExit: { kind, code, posixSignal, endedBy: null, atMs } },
  );
}
